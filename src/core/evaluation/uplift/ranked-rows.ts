/** Rows of one action and of `no_offer`, and the same by falling score: what the ranking metrics walk over. */
import type { Clusters } from "../clusters.ts";

/** Columns of n rows. */
export interface Comparison {
  /** Any order of size; no NaN. */
  readonly score: Float64Array;
  /** 1: assigned to the action, 0: to `no_offer`. */
  readonly treated: Uint8Array;
  /** Observed. */
  readonly value: Float64Array;
  readonly cost: Float64Array;
  /** How many rows a row stands for: 1/p of the drawn action. > 0. */
  readonly weight: Float64Array;
}

/** A comparison in the order of its scores: the highest first, and of equal ones the later row. */
export interface RankedRows extends Comparison {
  /** Where each row was before [n]. */
  readonly order: Int32Array;
  /** 1: the last row of its score. Rows of one score are one step: nothing says which of them comes first. */
  readonly last: Uint8Array;
}

export function ranked(rows: Comparison): RankedRows {
  const order = Int32Array.from(rows.score, (_, i) => i).toSorted((a, b) => byFallingScore(rows.score, a, b));
  const score = taken(rows.score, order);
  return {
    order,
    score,
    treated: Uint8Array.from(order, (i) => rows.treated[i] as number),
    value: taken(rows.value, order),
    cost: taken(rows.cost, order),
    weight: taken(rows.weight, order),
    last: Uint8Array.from(score, (own, i) => Number(own !== score[i + 1])),
  };
}

/** How much ranked rows weigh when their clusters are drawn some number of times. */
export class RankedWeights {
  readonly #weight: Float64Array;
  readonly #cluster: Uint16Array;
  readonly #weights: Float64Array;

  constructor({ order, weight }: RankedRows, clusters: Clusters) {
    this.#weight = weight;
    this.#cluster = Uint16Array.from(order, (row) => clusters.of(row));
    this.#weights = new Float64Array(weight.length);
  }

  /** The same array every time. */
  times(times: Uint8Array): Float64Array {
    const weights = this.#weights;
    for (let i = 0; i < weights.length; i++) {
      weights[i] = (this.#weight[i] as number) * (times[this.#cluster[i] as number] as number);
    }
    return weights;
  }
}

/** What was seen from the highest score down to here. Sums are weighted. */
export interface Prefix {
  readonly treated: number;
  readonly control: number;
  readonly treatedValue: number;
  readonly controlValue: number;
  readonly treatedCost: number;
  readonly controlCost: number;
}

/** Visits every step with one and the same object, which is only good during the visit. Weights [n], by rank. */
export function walk(rows: RankedRows, weights: Float64Array, visit: (prefix: Prefix) => void): void {
  const prefix = { treated: 0, control: 0, treatedValue: 0, controlValue: 0, treatedCost: 0, controlCost: 0 };
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    const value = weight * (rows.value[i] as number);
    const cost = weight * (rows.cost[i] as number);
    if (rows.treated[i] === 1) {
      prefix.treated += weight;
      prefix.treatedValue += value;
      prefix.treatedCost += cost;
    } else {
      prefix.control += weight;
      prefix.controlValue += value;
      prefix.controlCost += cost;
    }
    if (rows.last[i] === 1) visit(prefix);
  }
}

/** Comparing, not subtracting: scores may be infinite. */
function byFallingScore(score: Float64Array, a: number, b: number): number {
  const left = score[a] as number;
  const right = score[b] as number;
  return Number(left < right) - Number(left > right) || b - a;
}

function taken(column: Float64Array, order: Int32Array): Float64Array {
  return Float64Array.from(order, (i) => column[i] as number);
}
