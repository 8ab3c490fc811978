/** Rows of one action and of `no_offer`, and the same by falling score: what the ranking metrics walk over. */
import { gathered } from "../../numerics/gathered.ts";
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
  const score = gathered(rows.score, order);
  return {
    order,
    score,
    treated: Uint8Array.from(order, (i) => rows.treated[i] as number),
    value: gathered(rows.value, order),
    cost: gathered(rows.cost, order),
    weight: gathered(rows.weight, order),
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
export function prefixesOf(rows: RankedRows, weights: Float64Array): Prefixes {
  return new PrefixSums(rows).of(weights);
}

/** The prefixes of one ranking for weights that change: new memory each time would take longer than the sums. */
export class PrefixSums {
  /** One, and one for each step. */
  readonly points: number;
  readonly #rows: RankedRows;
  readonly #prefixes: Prefixes;

  constructor(rows: RankedRows) {
    const points = rows.last.reduce((sum, one) => sum + one, 0) + 1;
    this.points = points;
    this.#rows = rows;
    this.#prefixes = {
      treated: new Float64Array(points),
      control: new Float64Array(points),
      treatedValue: new Float64Array(points),
      controlValue: new Float64Array(points),
      treatedCost: new Float64Array(points),
      controlCost: new Float64Array(points),
    };
  }

  /** The same arrays every time. */
  of(weights: Float64Array): Prefixes {
    const { treated, value, cost, last } = this.#rows;
    const prefixes = this.#prefixes;
    let [rowsTreated, valueTreated, costTreated] = [0, 0, 0];
    let [rowsControl, valueControl, costControl] = [0, 0, 0];
    let step = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] as number;
      // One of them is 0: to add it takes less time than to guess which.
      const asTreated = weight * (treated[i] as number);
      const asControl = weight - asTreated;
      rowsTreated += asTreated;
      rowsControl += asControl;
      valueTreated += asTreated * (value[i] as number);
      valueControl += asControl * (value[i] as number);
      costTreated += asTreated * (cost[i] as number);
      costControl += asControl * (cost[i] as number);
      if (last[i] === 0) continue;
      step += 1;
      prefixes.treated[step] = rowsTreated;
      prefixes.control[step] = rowsControl;
      prefixes.treatedValue[step] = valueTreated;
      prefixes.controlValue[step] = valueControl;
      prefixes.treatedCost[step] = costTreated;
      prefixes.controlCost[step] = costControl;
    }
    return prefixes;
  }
}

/** Comparing, not subtracting: scores may be infinite. */
function byFallingScore(score: Float64Array, a: number, b: number): number {
  const left = score[a] as number;
  const right = score[b] as number;
  return Number(left < right) - Number(left > right) || b - a;
}
