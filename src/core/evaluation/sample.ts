/**
 * Logged decisions with what happened after them, as columns: what every estimator reads. n rows, in the order of
 * the log. Amounts in units of the program's currency.
 */

/** What a model expects: uplift against `no_offer`, and μ0 = E[· | no_offer]; doubles so that sums are exact enough. */
export interface Expected {
  /** τ of the assigned action [n]; 0 for `no_offer`. */
  readonly assigned: Float64Array;
  /** τ of every action [n × A], row by row; NaN: not scored. Entry 0 of a row is 0. */
  readonly uplift: Float32Array;
  /** μ0 [n] by the model's baseline head; null: it has none, and a cross-fitted ridge takes its place. */
  readonly baseline: Float64Array | null;
}

export interface Sample {
  /** A actions, `no_offer` first: those of the candidate and of the programs that decided. */
  readonly actions: readonly string[];
  readonly rows: number;
  /** Units are numbered from 0 in the order in which they come first [n]. */
  readonly unit: Int32Array;
  readonly units: number;
  /** ms since 1970, UTC [n]. */
  readonly timeMs: Float64Array;
  /** Position in `ARMS` [n]. */
  readonly arm: Uint8Array;
  /** The drawn action, as a position in `actions` [n]. */
  readonly assigned: Uint8Array;
  /** What the user really got, as a position in `actions`; −1: not known [n]. */
  readonly given: Int8Array;
  /** The logged probability of the assigned action, in (0, 1] [n]. */
  readonly propensity: Float64Array;
  /** The probability of every action that the log gives [n × A]; 0: it could not be drawn. */
  readonly logged: Float32Array;
  /** Observed [n]. */
  readonly value: Float64Array;
  readonly cost: Float64Array;
  /** Expected by the scores the candidate decides on. */
  readonly expectedValue: Expected;
  readonly expectedCost: Expected;
  /** Numbers the ridge regresses on [n × F], row by row; NaN: missing. Categories are one column a category, 0 or 1. */
  readonly covariates: Float32Array;
  readonly covariateNames: readonly string[];
  /** The λ the decision was logged with [n]. */
  readonly lambda: Float64Array;
  readonly slices: readonly SliceColumn[];
}

/** A dimension that results are split by. */
export interface SliceColumn {
  readonly name: string;
  /** `protected`: a declared attribute that policies are to treat fairly. */
  readonly kind: "slice" | "protected";
  readonly labels: readonly string[];
  /** Position in `labels` [n]. */
  readonly label: Uint16Array;
}

/** A policy over the sample's situations, as columns [n]. π is its distribution. */
export interface PolicyColumns {
  /** π(assigned action). */
  readonly drawn: Float64Array;
  /** Σ_a π(a)·τ_a, by the expected value and the expected cost. */
  readonly expectedValue: Float64Array;
  readonly expectedCost: Float64Array;
  /** 1 − π(no_offer). */
  readonly offered: Float64Array;
  /** Σ π(a) over actions that the log could not draw, or drew with less than the floor. */
  readonly unsupported: Float64Array;
}
