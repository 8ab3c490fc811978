/**
 * The prices of money at which a candidate is judged.
 *
 *   grid        0, and quantiles of V/k − w over all that has a value and a cost: where the choice of some user changes
 *   C(λ)        mean(Σ_a π(a)·c_a + (π(a)/p)·(cost − c_a)): doubly robust, with the expected cost as the model
 *   gap         C(λ) less what the incumbent spends on the same rows, and its standard error
 *   neighbours  the last λ of the grid that spends at least as much as the incumbent, and the next one that spends at
 *               most as much. Where some of the rows alone are known both are chosen so far apart that all of them agree,
 *               but for a chance of 1 in 200 each
 */
import type { Expected, PolicyColumns, Sample } from "../../core/evaluation/sample.ts";

const GRID_MAX = 20;
/** Actions looked at for the grid: quantiles of more are the same. */
const EFFICIENCIES_MAX = 200_000;
/** The normal distribution is above it with a chance of 1 in 200. */
const ERRORS_OF_A_SAMPLE = 2.576;

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

/** What a policy spends more than another one, per decision; below 0: less. */
export interface Gap {
  readonly gap: number;
  readonly standardError: number;
}

type Spent = Pick<Sample, "rows" | "cost" | "propensity"> & { readonly expectedCost: Pick<Expected, "assigned"> };
type Spending = Pick<PolicyColumns, "drawn" | "expectedCost">;

/** @param incumbent null: what the log spent */
export function gapOf(sample: Spent, candidate: Spending, incumbent: Spending | null): Gap {
  const { rows, cost } = sample;
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < rows; row++) {
    const other = incumbent === null ? (cost[row] as number) : costAt(sample, incumbent, row);
    const gap = costAt(sample, candidate, row) - other;
    sum += gap;
    squares += gap * gap;
  }
  const mean = sum / rows;
  return { gap: mean, standardError: Math.sqrt(Math.max(0, squares / rows - mean * mean) / rows) };
}

function costAt({ cost, propensity, expectedCost }: Spent, policy: Spending, row: number): number {
  const weight = (policy.drawn[row] as number) / (propensity[row] as number);
  const planned = policy.expectedCost[row] as number;
  return planned + weight * ((cost[row] as number) - (expectedCost.assigned[row] as number));
}

/** One price or two; and whether the candidate can spend as much, or as little, as the incumbent. */
export interface Neighbours {
  readonly lambdas: readonly number[];
  readonly reach: "reached" | "spends_less" | "spends_more";
}

/** @param curve by rising λ, not empty */
export function neighboursOf(
  curve: readonly (Gap & { readonly lambda: number })[],
  of: "all rows" | "a sample",
): Neighbours {
  const errors = of === "all rows" ? 0 : ERRORS_OF_A_SAMPLE;
  const above = curve.findLastIndex(({ gap, standardError }) => gap >= errors * standardError);
  const below = curve.findIndex(({ gap, standardError }, i) => i > above && gap <= -errors * standardError);
  const at = (i: number) => curve[i]?.lambda ?? 0;
  if (above < 0) return { lambdas: [at(0)], reach: "spends_less" };
  if (below < 0) return { lambdas: [at(curve.length - 1)], reach: "spends_more" };
  return { lambdas: [at(above), at(below)], reach: "reached" };
}
