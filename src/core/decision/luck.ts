/**
 * All chance in a decision comes from here: uniform draws made by hashing who is decided for.
 *
 * Arms hash `salt|program|unit` (permanent for a unit); the action hashes `salt|program|unit|key`
 * with the request's id as key (a fresh draw per request), or the window (one draw for as long as it lasts). Ids and salts cannot contain `|`, so two
 * different inputs are never one text. The salts are hashed together with the rest: a salt XORed
 * into a sequential id would deal the same luck to every seed.
 */
import type { Arm } from "../domain/decision.ts";
import type { Program } from "../domain/program.ts";
import { uniformFromHash } from "../numerics/murmur3.ts";

/**
 * Whether a canary decides for the unit. The same units at the same share, and as it grows those and more; another
 * version begins with other units. No salt of a program is empty, so this is independent of arms and of draws: given
 * the version that decided, propensities are exact.
 */
export function isInCanary(canary: { readonly program: Program; readonly share: number }, unit: string): boolean {
  const { program, share } = canary;
  return uniformFromHash(`|canary@${program.version}|${program.id}|${unit}`) < share;
}

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

/**
 * The window in which what a user was told holds; windows of one user follow each other without gap. Where one begins
 * is another instant for every user, so that they are not all drawn again at once.
 */
export function windowAt(
  { id }: Pick<Program, "id">,
  user: string,
  { atMs, windowMs }: { atMs: number; windowMs: number },
): number {
  return Math.floor(atMs / windowMs + uniformFromHash(`window|${id}|${user}`));
}

/** The key of a draw that is made once a window. No request's id is one. */
export function windowKey(window: number): string {
  return `window|${window}`;
}

/**
 * The action draw u in [0, 1).
 *
 * @param decisionKey what the draw is made for: the request's id, or `windowKey`
 */
export function actionDraw(program: Program, unit: string, decisionKey: string): number {
  return uniformFromHash(`${program.exploration.salt}|${program.id}|${unit}|${decisionKey}`);
}
