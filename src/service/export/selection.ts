/** Which decisions are exported, and why the others are not. */
import type { DecisionRecord } from "../../core/domain/record.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { TrainingArms } from "./training-table.ts";

export interface Selection {
  /** null: decisions of any program. */
  readonly program: string | null;
  /** Decisions from this instant on, in ms; null: from the first. */
  readonly fromMs: number | null;
  /** Decisions before this instant, in ms; null: to the last. */
  readonly toMs: number | null;
  readonly arms: TrainingArms;
  /** Whether decisions of several programs make sense in one file. */
  readonly programs: "one" | "any";
}

/**
 * Why a record is left out; null: it is not. What was not decided on full knowledge, or was not served, is no
 * evidence of what the program does.
 *
 * @throws LiftgateError `invalid_request` at the second program where there may be one
 */
export function leftOutBy(selection: Selection): (record: DecisionRecord) => string | null {
  const { program, fromMs, toMs, arms, programs } = selection;
  let only = program;
  return (record) => {
    if (program !== null && record.program.id !== program) return "another program";
    const timeMs = Date.parse(record.time);
    if ((fromMs !== null && timeMs < fromMs) || (toMs !== null && timeMs >= toMs)) return "outside --from and --until";
    if (record.status !== "normal") return `status ${record.status}`;
    if (record.mode !== "live") return `mode ${record.mode}`;
    if (arms === "evaluation" && record.arm !== "evaluation") return `arm ${record.arm}`;
    only ??= record.program.id;
    if (programs === "any" || record.program.id === only) return null;
    throw new LiftgateError(
      "invalid_request",
      `decisions of ${only} and of ${record.program.id}: give one of them with --program`,
    );
  };
}
