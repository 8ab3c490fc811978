/** A parsed JSON value as a typed body, or the faults by path. Values are never echoed. */
import type { z } from "zod";
import { type InputFault, LiftgateError } from "../core/errors.ts";
import { pathText } from "./strict-json-path.ts";

/** @throws LiftgateError `invalid_request` with every fault zod found */
export function parseBody<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LiftgateError("invalid_request", undefined, parsed.error.issues.flatMap(closestIssues).map(faultOf));
}

/**
 * Of an object that may have one of several forms, what is wrong with it in the form it comes closest to: the one
 * with the fewest fields of its own missing, wrong or unknown.
 */
function closestIssues(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const objects = issue.errors.filter((issues) => issues.every(isWithin));
  const [closest] = objects.toSorted((one, other) => fieldsIn(one) - fieldsIn(other));
  if (closest === undefined) return [issue];
  return closest.flatMap(closestIssues).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Whether the issue is about something in the value, and not that it is no object at all. */
function isWithin({ code, path }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === "unrecognized_keys";
}

function fieldsIn(issues: readonly z.core.$ZodIssue[]): number {
  return issues.filter(({ path }) => path.length <= 1).length;
}

function faultOf(issue: z.core.$ZodIssue): InputFault {
  const steps = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  return { path: pathText(steps), rule: ruleOf(issue) };
}

/** zod names unknown keys in its message; they are the caller's text, so only their number is told. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  return `has ${issue.keys.length} field(s) that this call does not know`;
}
