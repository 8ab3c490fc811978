/** k: what an offer is charged to the budget of this period. */
import type { Pacing } from "./decision.ts";

/**
 * k = max(c, 0) · inPeriod of action `i`, whose predicted cost is `cost`: what falls due in this period, never
 * less than nothing; NaN for a cost that is not known.
 *
 * @example dueCost(0.12, { inPeriod: [1, 0.5] }, 1) // 0.06
 */
export function dueCost(cost: number, { inPeriod }: Pick<Pacing, "inPeriod">, i: number): number {
  const due = inPeriod === null ? cost : cost * (inPeriod[i] as number);
  return due < 0 ? 0 : due;
}
