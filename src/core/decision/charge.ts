/**
 * What is held of the budget for an offer until its cost is known.
 *
 *   reserve max       maxCost, whatever is predicted
 *   reserve expected  k = max(c, 0) · inPeriod, but at least fixedCost, which is owed whatever the user does;
 *                     maxCost where nothing is predicted
 */
import type { Situation } from "../domain/decision.ts";
import { dueCost } from "../domain/due-cost.ts";
import { wholeMicros } from "../domain/money.ts";
import type { Action } from "../domain/program.ts";

/**
 * Whole micros, 0 or more, for action `i` of the program; 0 where the program has no budget; `Infinity` where
 * no amount bounds the offer: then no budget covers it.
 */
export function chargeMicros({ program, scores, pacing }: Situation, i: number): number {
  if (i === 0 || program.funding === null) return 0;
  const { maxCost, fixedCost } = program.actions[i] as Action;
  const expected = dueCost(scores.cost[i] as number, pacing, i);
  const faceValue = program.funding.reserve === "max" || Number.isNaN(expected);
  return wholeMicros(faceValue ? maxCost : Math.max(expected, fixedCost));
}
