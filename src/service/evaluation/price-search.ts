/**
 * The prices of money at which a candidate is judged.
 *
 *   grid        0, and quantiles of V/k − w over all that has a value and a cost: where the choice of some user changes
 *   C(λ)        mean(Σ_a π(a)·c_a + (π(a)/p)·(cost − c_a)): doubly robust, with the expected cost as the model
 *   neighbours  the last λ of the grid that spends at least as much as the incumbent, and the next one. Where C is known
 *               from some of the units alone both are chosen with a margin, so that all of them spend as much, too
 */
import type { PolicyColumns, Sample } from "../../core/evaluation/sample.ts";

const GRID_MAX = 20;
/** Actions looked at for the grid: quantiles of more are the same. */
const EFFICIENCIES_MAX = 200_000;
/** Twice what a sample of 50,000 rows errs by in a cost that half of them have. */
const MARGIN_OF_A_SAMPLE = 0.02;

/** Rising, from 0; the last one buys nearly nothing. */
export function priceGrid({ expectedValue, expectedCost }: Sample, costWeight: number): readonly number[] {
  const { uplift: values } = expectedValue;
  const { uplift: costs } = expectedCost;
  const efficiencies: number[] = [];
  const step = Math.max(1, Math.floor(values.length / EFFICIENCIES_MAX));
  for (let i = 0; i < values.length; i += step) {
    const efficiency = (values[i] as number) / (costs[i] as number) - costWeight;
    if (efficiency > 0 && Number.isFinite(efficiency)) efficiencies.push(efficiency);
  }
  efficiencies.sort((a, b) => a - b);
  const quantiles = Array.from({ length: GRID_MAX - 1 }, (_, k) => {
    return efficiencies[Math.floor(((k + 1) / GRID_MAX) * efficiencies.length)] ?? 0;
  });
  return [...new Set([0, ...quantiles])];
}

export function costOf(
  { cost, propensity, expectedCost }: Sample,
  { drawn, expectedCost: planned }: PolicyColumns,
): number {
  let sum = 0;
  for (let row = 0; row < cost.length; row++) {
    const weight = (drawn[row] as number) / (propensity[row] as number);
    sum += (planned[row] as number) + weight * ((cost[row] as number) - (expectedCost.assigned[row] as number));
  }
  return sum / cost.length;
}

export interface Spending {
  readonly lambda: number;
  readonly cost: number;
}

/** One price or two; and whether the candidate can spend as much, or as little, as it is to. */
export interface Neighbours {
  readonly lambdas: readonly number[];
  readonly reach: "reached" | "spends_less" | "spends_more";
}

/** @param curve C by rising λ, not empty */
export function neighboursOf(curve: readonly Spending[], costWanted: number, of: "all units" | "a sample"): Neighbours {
  const margin = of === "all units" ? 0 : MARGIN_OF_A_SAMPLE * Math.abs(costWanted);
  const above = curve.findLastIndex(({ cost }) => cost >= costWanted + margin);
  const below = curve.findIndex(({ cost }, i) => i > above && cost <= costWanted - margin);
  const at = (i: number) => curve[i]?.lambda ?? 0;
  if (above < 0) return { lambdas: [at(0)], reach: "spends_less" };
  if (below < 0) return { lambdas: [at(curve.length - 1)], reach: "spends_more" };
  return { lambdas: [at(above), at(below)], reach: "reached" };
}
