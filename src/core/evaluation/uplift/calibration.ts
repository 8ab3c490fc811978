/**
 * How well predicted effects of an action are met by observed ones. Rows weigh w = 1/p of the drawn action.
 *
 *   bins       of equal numbers of rows, by rising prediction
 *   observed   m_t − m_c, the arms' weighted means; its variance is Σ_units (Σ ψ)² with
 *              ψ = ±√(n/(n−1))·w·(y − m)/Σw of the row's own arm, n its rows: Welch's, where a unit has one row
 *   ECE        Σ_b share_b·|observed_b − predicted_b|, share by weight
 *
 * Limit: with noisy bins the ECE of a perfect model is not 0.
 */
import type { CalibrationBin } from "../evaluation.ts";

/** Columns of n rows. */
export interface Predicted {
  /** Predicted effect. */
  readonly effect: Float64Array;
  readonly treated: Uint8Array;
  readonly outcome: Float64Array;
  readonly weight: Float64Array;
  readonly unit: Int32Array;
}

export interface WeighedBin extends CalibrationBin {
  readonly weight: number;
}

const BINS = 10;
/** Of each arm in a bin: with fewer, an effect errs by chance as a normal distribution does not. */
const ARM_ROWS_MIN = 30;

/** Fewer than `BINS` where one would have too few rows of an arm; none where even all rows have. */
export function binsOf(rows: Predicted): readonly WeighedBin[] {
  const order = Int32Array.from(rows.effect, (_, i) => i).toSorted(
    (a, b) => (rows.effect[a] as number) - (rows.effect[b] as number) || a - b,
  );
  for (let count = BINS; count > 0; count--) {
    const bins = split(order, count).map((part) => binOf(rows, part));
    if (bins.every(({ standardError }) => Number.isFinite(standardError))) return bins;
  }
  return [];
}

export function expectedCalibrationError(bins: readonly WeighedBin[]): number {
  const all = bins.reduce((sum, { weight }) => sum + weight, 0);
  return bins.reduce((sum, bin) => sum + bin.weight * Math.abs(bin.observed - bin.predicted), 0) / all;
}

/**
 * Neighbouring bins whose observed effect falls, in standard errors of the fall: > 0. An outcome that is the same for
 * all, as a fixed cost, has no error: what its sums differ by in the last digits is no fall.
 */
export function fallsOf(bins: readonly CalibrationBin[]): readonly number[] {
  return bins.slice(1).flatMap((right, i) => {
    const left = bins[i] ?? right;
    const fall = left.observed - right.observed;
    const digits = ROUNDING * Math.max(Math.abs(left.observed), Math.abs(right.observed));
    return fall > digits ? [fall / Math.hypot(left.standardError, right.standardError)] : [];
  });
}

const ROUNDING = 1e-9;

/** The first ones have one row more where the rows do not divide. */
function split(order: Int32Array, count: number): readonly Int32Array[] {
  const size = Math.floor(order.length / count);
  const longer = order.length % count;
  return Array.from({ length: count }, (_, b) => {
    const from = b * size + Math.min(b, longer);
    return order.subarray(from, from + size + Number(b < longer));
  });
}

function binOf(rows: Predicted, part: Int32Array): WeighedBin {
  const control = meanOfArm(rows, part, 0);
  const treated = meanOfArm(rows, part, 1);
  const weight = control.weight + treated.weight;
  const byUnit = new Map<number, number>();
  for (const i of part) {
    const arm = rows.treated[i] === 1 ? treated : control;
    const sign = rows.treated[i] === 1 ? 1 : -1;
    const gap = (rows.outcome[i] as number) - arm.mean;
    const influence = (sign * arm.correction * (rows.weight[i] as number) * gap) / arm.weight;
    const unit = rows.unit[i] as number;
    byUnit.set(unit, (byUnit.get(unit) ?? 0) + influence);
  }
  const variance = [...byUnit.values()].reduce((sum, influence) => sum + influence * influence, 0);
  return {
    predicted: (control.effect + treated.effect) / weight,
    observed: treated.mean - control.mean,
    standardError: Math.min(control.rows, treated.rows) < ARM_ROWS_MIN ? NaN : Math.sqrt(variance),
    decisions: part.length,
    weight,
  };
}

function meanOfArm(rows: Predicted, part: Int32Array, arm: 0 | 1) {
  let count = 0;
  let weight = 0;
  let outcome = 0;
  let effect = 0;
  for (const i of part) {
    if (rows.treated[i] !== arm) continue;
    const own = rows.weight[i] as number;
    count += 1;
    weight += own;
    outcome += own * (rows.outcome[i] as number);
    effect += own * (rows.effect[i] as number);
  }
  return { rows: count, weight, mean: outcome / weight, effect, correction: Math.sqrt(count / (count - 1)) };
}
