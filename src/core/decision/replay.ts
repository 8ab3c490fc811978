/** Deciding a logged decision again, and comparing it field by field, bit for bit. */
import type { Scores } from "../domain/decision.ts";
import type { Program } from "../domain/program.ts";
import type { DecisionRecord, RecordedCandidate } from "../domain/record.ts";
import { decide } from "./decide.ts";
import { recordOf, situationOf } from "./record.ts";

/** What of a candidate is decided; the rest was given. */
const DECIDED = ["net", "excluded", "pruned", "inArm", "p"] as const satisfies readonly (keyof RecordedCandidate)[];
/** What of a candidate a model run gives. */
const SCORED = ["value", "valueStd", "cost"] as const satisfies readonly (keyof RecordedCandidate & keyof Scores)[];

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

/**
 * The fields in which scoring again differs from the record.
 *
 * @example replayScores(record, scores) // ["candidates[1].value"]
 */
export function replayScores({ candidates }: DecisionRecord, scores: Scores): readonly string[] {
  return candidates.flatMap((logged, i) => {
    const fields: readonly string[] = SCORED.filter((name) => finiteOrNull(scores[name][i]) !== logged[name]);
    const all = sameReplicates(logged, scores.replicates, i) ? fields : [...fields, "replicates"];
    return all.map((name) => `candidates[${i}].${name}`);
  });
}

/** A record has those of paid actions, where the program asks for them. */
function sameReplicates({ replicates }: RecordedCandidate, again: Scores["replicates"], i: number): boolean {
  if (replicates === undefined || again === null) return replicates === undefined && (again === null || i === 0);
  return (["value", "cost"] as const).every((head) => {
    const scored = again[head][i] ?? [];
    return scored.length === replicates[head].length && replicates[head].every((x, b) => finiteOrNull(scored[b]) === x);
  });
}

/** As a record has it. */
function finiteOrNull(score: number | undefined): number | null {
  return score !== undefined && Number.isFinite(score) ? score : null;
}
