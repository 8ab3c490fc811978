/**
 * What other budgets would be worth: the optimum of the linear relaxation, its spend and the price of money, at
 * even steps up to twice the budget, or to where money is no longer scarce. It rises and is concave.
 */
import type { EfficiencyTable } from "./efficiency-table.ts";
import { descend } from "./descend.ts";
import type { Market, Scale } from "./market.ts";
import { sampleOf } from "./shadow-prices.ts";

export interface CurvePoint {
  readonly budgetMicros: number;
  readonly valueMicros: number;
  readonly spendMicros: number;
  /** Value that the next unit of money would add. */
  readonly lambda: number;
}

const POINTS = 20;
/** A curve is for planning: four digits. */
const TOLERANCE = 1e-5;
/** The τ to begin each budget with, in units of what an offer gains. */
const TAU_FIRST = 0.1;

/** The budgets of a curve, in whole micros. */
export function curveBudgets({ cost }: EfficiencyTable, budget: number): readonly number[] {
  const everything = cost.reduce((sum, spend) => sum + spend, 0);
  const top = Math.min(2 * budget, everything);
  return Array.from({ length: POINTS }, (_, i) => Math.round((top * (i + 1)) / POINTS));
}

/**
 * Without caps: from the steps of all users' hulls. Steps whose efficiencies differ by less than 1/256 count as
 * equally efficient, at their mean, which is λ there.
 */
export function budgetCurve(table: EfficiencyTable, budgets: readonly number[]): readonly CurvePoint[] {
  const { cost, gain, freeGain } = table;
  let entry = cost.length - 1;
  let spend = 0;
  let value = freeGain;
  return budgets.map((budgetMicros) => {
    while (entry >= 0 && spend + (cost[entry] as number) <= budgetMicros) {
      spend += cost[entry] as number;
      value += gain[entry] as number;
      entry -= 1;
    }
    if (entry < 0) return { budgetMicros, valueMicros: value, spendMicros: spend, lambda: 0 };
    const lambda = (gain[entry] as number) / (cost[entry] as number);
    return { budgetMicros, valueMicros: value + lambda * (budgetMicros - spend), spendMicros: budgetMicros, lambda };
  });
}

/** With caps: solved again at every budget for the first 20,000 users with their share of it and of the caps, and scaled up. */
export function cappedCurve(market: Market, scale: Scale, budgets: readonly number[]): readonly CurvePoint[] {
  const sample = sampleOf(market);
  const share = sample.users / market.users;
  const tau = TAU_FIRST * scale.gain;
  let prices = new Float64Array(market.resources.limits.length);
  return budgets
    .toReversed()
    .map((budgetMicros) => {
      const limits = sample.resources.limits.with(0, budgetMicros * share);
      const dual = descend(
        { ...sample, resources: { ...sample.resources, limits }, scale, tolerance: TOLERANCE },
        { prices, tau },
      );
      prices = Float64Array.from(dual.prices);
      const lambda = prices[0] as number;
      const left = lambda > 0 ? 0 : (dual.gradient[0] as number) / share;
      return {
        budgetMicros,
        valueMicros: (dual.value - dual.smoothing) / share,
        spendMicros: Math.min(budgetMicros, budgetMicros - left),
        lambda,
      };
    })
    .toReversed();
}
