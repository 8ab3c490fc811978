/** What zod found wrong, as the faults that the project reports: one path, one rule, each. */
import type { z } from "zod";

export interface FormFault {
  readonly path: string;
  readonly rule: string;
}

/** One fault per issue; an object with several unknown fields has one fault for each of them. */
export function faultsOf(error: z.ZodError): readonly FormFault[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [{ path: pathText(issue.path), rule: issue.message }];
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      rule: "is not a field here: see the documentation for the names, or take it out",
    }));
  });
}

/**
 * @example pathText(["actions", 1, "fixedCost"]) // "actions[1].fixedCost"
 */
function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}
