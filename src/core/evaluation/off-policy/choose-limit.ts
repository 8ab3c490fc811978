/**
 * L in two ways: by SLOPE (slope.ts), and by the smallest upper bound of the mean squared error (Su, Dimakopoulou, Krishnamurthy & Dudík, ICML 2020):
 *
 *   MSE(L)  ≤ var(ψ)/n + bias(L)²
 *   bias(L) ≤ |mean((w − w_L)·e)| + R·(√(2·mean(w²)·ln(2/δ)/n) + 2·max(w)·ln(2/δ)/(3·n))
 *
 * by Bernstein's inequality; e is the reward, or what the model leaves over of it, |e| ≤ R, δ = 0.05. As in zr-obp
 * (`obp/ope/helper.py`), whose rewards are in [0, 1]: there R = 1. The second part is the same for every L, so it keeps
 * an L that cuts weights off from looking better than it is known to be.
 */
import type { RewardColumns } from "../contributions.ts";
import type { LimitChoice } from "../evaluation.ts";
import { errorOf, type GroupedEstimate, meanOver, type RowGroups } from "../row-groups.ts";
import { isCorrected, type MeanEstimator, temperOf } from "./contribution-of.ts";
import { type Contender, slopeChoice } from "./slope.ts";

const DELTA = 0.05;
/** Geometric steps from the largest weight to 1. */
const STEPS = 8;
const SUB_GAUSSIAN_LIMITS = [0, 0.001, 0.01, 0.05, 0.1, 0.3, 1] as const;

/** What the estimator makes of the rows at an L. */
export interface AtLimit extends GroupedEstimate {
  readonly limit: number;
}

/** One L by each method. */
export type ChosenLimits = Readonly<Record<LimitChoice, AtLimit>>;

/** L of the estimator; null: its formula has none. */
export function chosenLimits(estimator: MeanEstimator, columns: RewardColumns, groups: RowGroups): ChosenLimits | null {
  const weights = momentsOf(columns.w);
  const limits = limitsOf(estimator, weights.max);
  if (limits === null) return null;
  const n = columns.w.length;
  const psi = new Float64Array(n);
  const tried = (limit: number): Tried => {
    const { variance, bias, largest } = momentsAt(estimator, columns, { limit, psi });
    const squaredError = variance / n + (bias + largest * deviationOf(weights, n)) ** 2;
    const mean = meanOver(groups.sumsOf(psi), groups.rowsOfEach);
    return { limit, ...mean, standardError: errorOf(mean.influence, n), squaredError };
  };
  const [first, ...others] = limits;
  const all: readonly [Tried, ...Tried[]] = [tried(first), ...others.map(tried)];
  const best = all.reduce((least, next) => (next.squaredError < least.squaredError ? next : least));
  return { mse_bound: best, slope: slopeChoice(all) };
}

interface Tried extends AtLimit, Contender {
  readonly squaredError: number;
}

/** The upper bound of the bias at a limit, with rewards within ±range; null: as large as they are. */
export function biasBoundAt(
  estimator: MeanEstimator,
  columns: RewardColumns,
  { limit, range }: { readonly limit: number; readonly range: number | null },
): number {
  const n = columns.w.length;
  const { bias, largest } = momentsAt(estimator, columns, { limit, psi: new Float64Array(n) });
  return bias + (range ?? largest) * deviationOf(momentsOf(columns.w), n);
}

interface MomentsAt {
  /** Of ψ. */
  readonly variance: number;
  /** |mean((w − w_L)·e)|. */
  readonly bias: number;
  /** The largest |e|. */
  readonly largest: number;
}

interface At {
  readonly limit: number;
  /** Is filled. */
  readonly psi: Float64Array;
}

/** In one pass over the rows. */
function momentsAt(
  estimator: MeanEstimator,
  { w, reward, qChosen, qPolicy }: RewardColumns,
  { limit, psi }: At,
): MomentsAt {
  const temper = temperOf(estimator);
  const corrected = isCorrected(estimator);
  let first = 0;
  let sum = 0;
  let squares = 0;
  let bias = 0;
  let largest = 0;
  for (let i = 0; i < w.length; i++) {
    const weight = w[i] as number;
    const tempered = temper(weight, limit);
    const rest = (reward[i] as number) - (corrected ? (qChosen[i] as number) : 0);
    const own = (corrected ? (qPolicy[i] as number) : 0) + tempered * rest;
    psi[i] = own;
    // Rewards may be large and alike: their squares would lose the digits that differ.
    if (i === 0) first = own;
    sum += own - first;
    squares += (own - first) ** 2;
    bias += (weight - tempered) * rest;
    largest = Math.max(largest, Math.abs(rest));
  }
  const n = w.length;
  const shift = sum / n;
  return {
    variance: Math.max(0, squares / n - shift ** 2),
    bias: Math.abs(bias / n),
    largest,
  };
}

function deviationOf({ square, max }: WeightMoments, rows: number): number {
  const confidence = Math.log(2 / DELTA);
  return Math.sqrt((2 * square * confidence) / rows) + (2 * max * confidence) / (3 * rows);
}

interface WeightMoments {
  readonly square: number;
  readonly max: number;
}

function momentsOf(w: Float64Array): WeightMoments {
  let square = 0;
  let max = 0;
  for (const weight of w) {
    square += weight * weight;
    if (weight > max) max = weight;
  }
  return { square: square / w.length, max };
}

/** From the least bias to the most. */
function limitsOf(estimator: MeanEstimator, weightMax: number): readonly [number, ...number[]] | null {
  if (estimator === "sub_gaussian_ips" || estimator === "sub_gaussian_dr") return SUB_GAUSSIAN_LIMITS;
  if (estimator === "ips" || estimator === "dm" || estimator === "dr") return null;
  const largest = Math.max(2, weightMax);
  // Shrinkage by L·w/(w² + L) leaves a weight nearly as it is from w² on.
  const top = estimator === "dros" ? 100 * largest * largest : largest;
  return [top, ...Array.from({ length: STEPS - 1 }, (_, k) => top ** ((STEPS - 2 - k) / (STEPS - 1)))];
}
