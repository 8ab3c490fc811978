/**
 * μ0(x) = E[y | x, no_offer] where the model has no baseline: a ridge of y − τ_a(x) on the covariates, cross-fitted.
 *
 * Each unit is predicted by the fit on the units of the other folds, so that what a row earned says nothing of its own
 * prediction (Chernozhukov et al., Econometrics Journal 21, 2018). A doubly robust estimate is unbiased whatever μ0 is,
 * as the propensities are known; a good one makes it narrower.
 */
import { NormalEquations } from "../numerics/ridge.ts";
import type { Expected, Sample } from "./sample.ts";

const FOLDS = 5;
/** More rows would change a coefficient by less than its error: a fit is on every k-th row. */
const FITTED_ROWS_MAX = 100_000;
/** Of standardised covariates, per row: enough for columns that say the same. */
const PENALTY = 1e-3;

/** μ0 of every row. */
export function baselineOf(
  sample: Pick<Sample, "rows" | "unit" | "covariates" | "covariateNames">,
  observed: Float64Array,
  { assigned, baseline }: Expected,
): Float64Array {
  if (baseline !== null) return baseline;
  const rows = new StandardisedRows(sample);
  const folds = Array.from({ length: FOLDS }, () => new NormalEquations(rows.width));
  const step = Math.max(1, Math.ceil(sample.rows / FITTED_ROWS_MAX));
  for (let i = 0; i < sample.rows; i += step) {
    folds[foldOf(sample, i)]?.add(rows.at(i), (observed[i] as number) - (assigned[i] as number));
  }
  const fits = folds.map((own) => withoutFold(folds, own).solve(PENALTY));
  return Float64Array.from({ length: sample.rows }, (_, i) =>
    product(rows.at(i), fits[foldOf(sample, i)] ?? NO_COEFFICIENTS),
  );
}

function foldOf({ unit }: Pick<Sample, "unit">, row: number): number {
  return (unit[row] as number) % FOLDS;
}

function withoutFold(folds: readonly NormalEquations[], own: NormalEquations): NormalEquations {
  const others = new NormalEquations(own.width);
  for (const fold of folds) if (fold !== own) others.join(fold.parts());
  return others;
}

function product(x: Float64Array, coefficients: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) * (coefficients[i] ?? 0);
  return sum;
}

const NO_COEFFICIENTS = new Float64Array(0);

/** Rows of 1 and the covariates, each with mean 0 and deviation 1; what is missing is at the mean. */
class StandardisedRows {
  readonly width: number;
  readonly #covariates: Float32Array;
  readonly #means: Float64Array;
  readonly #scales: Float64Array;
  readonly #row: Float64Array;

  constructor({ rows, covariates, covariateNames }: Pick<Sample, "rows" | "covariates" | "covariateNames">) {
    const columns = covariateNames.length;
    this.width = columns + 1;
    this.#covariates = covariates;
    this.#means = new Float64Array(columns);
    this.#scales = new Float64Array(columns);
    this.#row = new Float64Array(this.width);
    this.#row[0] = 1;
    for (let j = 0; j < columns; j++) {
      const { mean, deviation } = momentsOf(covariates, { column: j, columns, rows });
      this.#means[j] = mean;
      this.#scales[j] = deviation > 0 ? 1 / deviation : 0;
    }
  }

  /** The same array every time. */
  at(row: number): Float64Array {
    const columns = this.width - 1;
    for (let j = 0; j < columns; j++) {
      const x = this.#covariates[row * columns + j] as number;
      this.#row[j + 1] = Number.isNaN(x) ? 0 : (x - (this.#means[j] as number)) * (this.#scales[j] as number);
    }
    return this.#row;
  }
}

interface Place {
  readonly column: number;
  readonly columns: number;
  readonly rows: number;
}

/** Of what is not missing. */
function momentsOf(values: Float32Array, { column, columns, rows }: Place) {
  let count = 0;
  let sum = 0;
  let squares = 0;
  const first = firstOf(values, { column, columns, rows });
  for (let i = 0; i < rows; i++) {
    const gap = (values[i * columns + column] as number) - first;
    if (Number.isNaN(gap)) continue;
    count += 1;
    sum += gap;
    squares += gap * gap;
  }
  const mean = count === 0 ? 0 : sum / count;
  return { mean: first + mean, deviation: count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

/** A value near the mean: without it, large numbers that differ little would cancel. */
function firstOf(values: Float32Array, { column, columns, rows }: Place): number {
  for (let i = 0; i < rows; i++) {
    const x = values[i * columns + column] as number;
    if (!Number.isNaN(x)) return x;
  }
  return 0;
}
