/**
 * All chance in a decision comes from here: uniform draws made by hashing who is decided for.
 *
 * Arms hash `salt|program|unit` (permanent for a unit); the action hashes `salt|program|unit|key`
 * with the request's id as key (a fresh draw per request). Ids and salts cannot contain `|`, so two
 * different inputs are never one text. The salts are hashed together with the rest: a salt XORed
 * into a sequential id would deal the same luck to every seed.
 */
import type { Arm } from "../domain/decision.ts";
import type { Program } from "../domain/program.ts";
import { uniformFromHash } from "../numerics/murmur3.ts";

/**
 * The unit's arm. P(holdout) and P(evaluation) are exactly the declared shares: the evaluation draw
 * is independent of the holdout draw, hence scaled by the share of units that holdout left over.
 */
export function assignArm(program: Program, unit: string): Arm {
  const { holdout, evaluation } = program;
  if (holdout.share > 0 && uniformFromHash(`${holdout.salt}|${program.id}|${unit}`) < holdout.share) {
    return "holdout";
  }
  const share = evaluation.share / (1 - holdout.share);
  if (share > 0 && uniformFromHash(`${evaluation.salt}|${program.id}|${unit}`) < share) return "evaluation";
  return "policy";
}

/** The action draw u in [0, 1) of one request. */
export function actionDraw(program: Program, unit: string, decisionKey: string): number {
  return uniformFromHash(`${program.exploration.salt}|${program.id}|${unit}|${decisionKey}`);
}
