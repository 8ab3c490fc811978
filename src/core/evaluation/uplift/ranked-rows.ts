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

/** What was seen from the highest score down to each step; the first one has seen nothing. Sums are weighted. */
export interface Prefixes {
  readonly treated: Float64Array;
  readonly control: Float64Array;
  readonly treatedValue: Float64Array;
  readonly controlValue: Float64Array;
  readonly treatedCost: Float64Array;
  readonly controlCost: Float64Array;
}

/** @param weights [n], by rank */
export function prefixesOf({ treated, value, cost, last }: RankedRows, weights: Float64Array): Prefixes {
  const steps = last.reduce((sum, one) => sum + one, 0);
  const columns = Array.from({ length: SUMS }, () => new Float64Array(steps + 1));
  const sums = new Float64Array(SUMS);
  let step = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    const arm = treated[i] as number;
    sums[arm] = (sums[arm] as number) + weight;
    sums[2 + arm] = (sums[2 + arm] as number) + weight * (value[i] as number);
    sums[4 + arm] = (sums[4 + arm] as number) + weight * (cost[i] as number);
    if (last[i] === 0) continue;
    step += 1;
    for (let k = 0; k < SUMS; k++) (columns[k] as Float64Array)[step] = sums[k] as number;
  }
  const [control = NO_SUMS, own = NO_SUMS, controlValue = NO_SUMS, ownValue = NO_SUMS, ...costs] = columns;
  const [controlCost = NO_SUMS, treatedCost = NO_SUMS] = costs;
  return { treated: own, control, treatedValue: ownValue, controlValue, treatedCost, controlCost };
}

/** Rows, value and cost, each of the control and of the treated. */
const SUMS = 6;
const NO_SUMS = new Float64Array();

/** Comparing, not subtracting: scores may be infinite. */
function byFallingScore(score: Float64Array, a: number, b: number): number {
  const left = score[a] as number;
  const right = score[b] as number;
  return Number(left < right) - Number(left > right) || b - a;
}

function taken(column: Float64Array, order: Int32Array): Float64Array {
  return Float64Array.from(order, (i) => column[i] as number);
}
