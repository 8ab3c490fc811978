/**
 * The program file `programs/<id>.yaml`: one incentive campaign as its operator writes it.
 *
 * Whole or not at all: every unknown field, and every field of the design that this version does not
 * act upon, is refused by name. Nothing is repaired, and nothing is ignored: a budget that is not kept
 * is worse than no budget.
 */
import { ProgramForm } from "./program-form.ts";
import { type FieldName, LAWS } from "./program-laws.ts";

export type ProgramFile = ProgramForm;

/**
 * The form, and the laws between its fields. A law is checked as soon as the fields it reads are
 * well-formed, so that one pass reports everything that is wrong.
 */
export const ProgramFile = LAWS.reduce(
  (form, { reads, faults }) =>
    form.superRefine(
      (program, context) => {
        for (const { path, rule } of faults(program))
          context.addIssue({ code: "custom", path: [...path], message: rule });
      },
      { when: ({ value }) => reads.every((field) => isWellFormed(field, value)) },
    ),
  ProgramForm,
).describe("One incentive campaign: `programs/<id>.yaml`");

/** A program file that was read: its well-formed content, and the bytes it came from. */
export interface ProgramText {
  readonly id: string;
  /** `sha256:` and the hexadecimal SHA-256 of the bytes. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly file: ProgramFile;
}

function isWellFormed(field: FieldName, program: unknown): boolean {
  if (typeof program !== "object" || program === null) return false;
  return ProgramForm.shape[field].safeParse(new Map(Object.entries(program)).get(field)).success;
}
