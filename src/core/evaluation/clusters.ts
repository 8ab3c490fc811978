/**
 * Intervals when units come more than once: the cluster bootstrap by unit.
 *
 * The decisions of a unit stay together (Cameron, Gelbach & Miller, REStat 2008), and percentiles of the replicates are
 * the interval (Efron 1979). A function of column sums is, in a replicate, the function of sums over the clusters drawn;
 * a figure that needs the rows, as of a ranking, is told how often each of them counts.
 *
 * Of more than 4,096 units each cluster is a fixed group of them, unit mod 4,096: groups of independent units are
 * independent, so this is a bootstrap, too; its standard errors are themselves uncertain by 1/√8,192 ≈ 1 %.
 */
import { moments } from "../numerics/moments.ts";
import { normalQuantile } from "../numerics/normal-quantile.ts";
import type { Estimate } from "./evaluation.ts";
import type { Sample } from "./sample.ts";

const CLUSTERS_MAX = 4_096;

/** A column, or a constant. */
export type Column = Float64Array | number;
/** A number made of sums, one a column; rows are columns of 1. */
export type Statistic = (sums: readonly number[]) => number;

/** How often each cluster counts. */
export type Times = Uint8Array;

export interface ResamplingTerms {
  /** Of the intervals, in (0, 1). */
  readonly level: number;
  readonly replicates: number;
  readonly seed: number;
}

export class Clusters {
  readonly #unit: Int32Array;
  readonly #count: number;
  readonly #level: number;
  /** Replicate by replicate. */
  readonly #draws: readonly Times[];

  constructor({ unit, units }: Pick<Sample, "unit" | "units">, { level, replicates, seed }: ResamplingTerms) {
    this.#unit = unit;
    this.#count = Math.max(1, Math.min(units, CLUSTERS_MAX));
    this.#level = level;
    this.#draws = Array.from({ length: replicates }, (_, replicate) => drawn(this.#count, mixed(seed, replicate)));
  }

  get rows(): number {
    return this.#unit.length;
  }

  /** A mean over the rows. */
  mean(column: Float64Array): Estimate {
    return this.estimate([column, 1], ([sum = 0, rows = 0]) => sum / rows);
  }

  /** Of the mean of a column, without resampling: that of its sums over the clusters. */
  errorOfMean(column: Float64Array): number {
    const label = new Uint16Array(column.length);
    return this.meansBy(column, label, 1)[0]?.standardError ?? 0;
  }

  /** A statistic of column sums. A replicate in which it is not finite says nothing, and is left out. */
  estimate(columns: readonly Column[], statistic: Statistic): Estimate {
    const byCluster = columns.map((column) => this.#sumsOf(column));
    const of = (times: Times) => statistic(byCluster.map((sums) => weighedSum(sums, times)));
    return spreadOf(of(this.#once()), this.#draws.map(of), this.#level);
  }

  /**
   * Figures that need the rows, as many each time: a row counts as often as the cluster of its unit, `timesOf`. A
   * replicate in which a figure is not finite says nothing of it.
   */
  figures(figuresOf: (times: Times) => readonly number[]): readonly Estimate[] {
    const draws = this.#draws.map(figuresOf);
    return figuresOf(this.#once()).map((estimate, k) =>
      spreadOf(
        estimate,
        draws.map((draw) => draw[k] ?? NaN),
        this.#level,
      ),
    );
  }

  /**
   * Means of the rows of each label, by the normal distribution and the same clusters: there may be hundreds of them.
   * The standard error of a mean is that of the sum of (x − mean) over its clusters.
   */
  meansBy(column: Float64Array, label: Uint16Array, labels: number): readonly Estimate[] {
    const count = this.#count;
    const sums = new Float64Array(labels * count);
    const rows = new Float64Array(labels * count);
    for (let i = 0; i < column.length; i++) {
      const at = (label[i] as number) * count + clusterOf(this.#unit[i] as number, count);
      sums[at] = (sums[at] as number) + (column[i] as number);
      rows[at] = (rows[at] as number) + 1;
    }
    const z = normalQuantile((1 + this.#level) / 2);
    return Array.from({ length: labels }, (_, k) => {
      const [from, to] = [k * count, (k + 1) * count];
      return normalMean(sums.subarray(from, to), rows.subarray(from, to), z);
    });
  }

  #sumsOf(column: Column): Float64Array {
    const sums = new Float64Array(this.#count);
    for (let i = 0; i < this.#unit.length; i++) {
      const at = clusterOf(this.#unit[i] as number, this.#count);
      sums[at] = (sums[at] as number) + (typeof column === "number" ? column : (column[i] as number));
    }
    return sums;
  }

  #once(): Times {
    return new Uint8Array(this.#count).fill(1);
  }
}

/** How often the rows of a unit count. */
export function timesOf(unit: number, times: Times): number {
  return times[clusterOf(unit, times.length)] as number;
}

function clusterOf(unit: number, clusters: number): number {
  return unit % clusters;
}

function weighedSum(sums: Float64Array, times: Times): number {
  let total = 0;
  for (let k = 0; k < sums.length; k++) total += (times[k] as number) * (sums[k] as number);
  return total;
}

/** How often each of so many clusters is drawn, when as many are drawn with replacement. */
function drawn(clusters: number, seed: number): Times {
  const times = new Uint8Array(clusters);
  for (let i = 0; i < clusters; i++) {
    const at = Math.floor((mixed(seed, i) / TWO_POW_32) * clusters);
    times[at] = (times[at] as number) + 1;
  }
  return times;
}

/** A hash of two words: two rounds of the finalizer of MurmurHash3 (Appleby, public domain). */
function mixed(seed: number, counter: number): number {
  return finalized(finalized((seed + 0x9e3779b9) | 0) ^ Math.imul(counter + 1, 0x85ebca6b));
}

function finalized(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function spreadOf(estimate: number, replicates: readonly number[], level: number): Estimate {
  const sorted = Float64Array.from(replicates.filter((replicate) => Number.isFinite(replicate))).toSorted();
  if (sorted.length === 0) return { estimate, standardError: 0, low: estimate, high: estimate };
  const { std } = moments(sorted);
  return {
    estimate,
    standardError: std,
    low: quantile(sorted, (1 - level) / 2),
    high: quantile(sorted, (1 + level) / 2),
  };
}

/** Between the two nearest ones in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

function normalMean(sums: Float64Array, rows: Float64Array, z: number): Estimate {
  const all = rows.reduce((total, count) => total + count, 0);
  const estimate = all === 0 ? 0 : sums.reduce((total, sum) => total + sum, 0) / all;
  const squares = sums.reduce((total, sum, k) => total + (sum - estimate * (rows[k] as number)) ** 2, 0);
  const standardError = all === 0 ? 0 : Math.sqrt(squares) / all;
  return { estimate, standardError, low: estimate - z * standardError, high: estimate + z * standardError };
}

const TWO_POW_32 = 0x100000000;
