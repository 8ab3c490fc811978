/** A parsed JSON value as a typed body, or the faults by path. Values are never echoed. */
import type { z } from "zod";
import { type InputFault, LiftgateError } from "../core/errors.ts";
import { pathText } from "./strict-json-path.ts";

/** @throws LiftgateError `invalid_request` with every fault zod found */
export function parseBody<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LiftgateError("invalid_request", undefined, parsed.error.issues.map(faultOf));
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
