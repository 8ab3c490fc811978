/**
 * Whether a line of the decision log has what an evaluation reads.
 *
 * The schema of a record is checked whole where it is written and in `replay`. Here a million lines are read, for which
 * that takes longer than all the rest: the kind of each field that is read is checked, and no more.
 */
import { type DecisionRecord, RECORD_SCHEMA } from "../../core/domain/record.ts";

const TEXTS = ["decisionId", "time", "unit", "status", "mode", "basis", "arm", "action", "realizedAction"] as const;
const NUMBERS = ["propensity", "u", "armShare"] as const;
const OBJECTS = ["program", "facts", "context", "pacing"] as const;

export function isLoggedDecision(line: object): line is DecisionRecord {
  if (fieldOf(line, "schema") !== RECORD_SCHEMA) return false;
  for (const name of TEXTS) if (typeof fieldOf(line, name) !== "string") return false;
  for (const name of NUMBERS) if (typeof fieldOf(line, name) !== "number") return false;
  for (const name of OBJECTS) if (!isObject(fieldOf(line, name))) return false;
  const candidates = fieldOf(line, "candidates");
  return Array.isArray(candidates) && candidates.length > 0 && candidates.every(isCandidate);
}

function isCandidate(candidate: unknown): boolean {
  if (!isObject(candidate)) return false;
  return (
    typeof fieldOf(candidate, "action") === "string" &&
    typeof fieldOf(candidate, "p") === "number" &&
    typeof fieldOf(candidate, "inArm") === "number" &&
    isAmount(fieldOf(candidate, "value")) &&
    isAmount(fieldOf(candidate, "cost"))
  );
}

function isAmount(amount: unknown): boolean {
  return amount === null || typeof amount === "number";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function fieldOf(object: object, name: string): unknown {
  return Reflect.get(object, name);
}
