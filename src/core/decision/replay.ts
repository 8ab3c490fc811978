/** Deciding a logged decision again, and comparing it field by field, bit for bit. */
import type { Program } from "../domain/program.ts";
import type { DecisionRecord, RecordedCandidate } from "../domain/record.ts";
import { decide } from "./decide.ts";
import { recordOf, situationOf } from "./record.ts";

/** What of a candidate is decided; the rest was given. */
const DECIDED = ["net", "excluded", "pruned", "inArm", "p"] as const satisfies readonly (keyof RecordedCandidate)[];

/**
 * The fields in which deciding again differs from the record; none when the record holds.
 *
 * @example replay(record, program) // ["action", "candidates[1].p"]
 */
export function replay(record: DecisionRecord, program: Program): readonly string[] {
  const situation = situationOf(record, program);
  const again = recordOf(situation, decide(situation), record);
  const fields = (["action", "propensity", "armShare", "exploring"] as const).filter(
    (name) => again[name] !== record[name],
  );
  const candidates = record.candidates.flatMap((logged, i) => {
    const decided = again.candidates[i];
    if (decided?.action !== logged.action) return [`candidates[${i}].action`];
    return DECIDED.filter((name) => decided[name] !== logged[name]).map((name) => `candidates[${i}].${name}`);
  });
  return again.candidates.length === record.candidates.length ? [...fields, ...candidates] : [...fields, "candidates"];
}
