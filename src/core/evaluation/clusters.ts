/**
 * Intervals of sums over rows when units come more than once: the cluster bootstrap by unit.
 *
 * The decisions of a unit stay together (Cameron, Gelbach & Miller, REStat 2008). A statistic is a function of column
 * sums, so a replicate is the function of sums over the clusters drawn, and percentiles of the replicates are the
 * interval (Efron 1979).
 *
 * Of more than 4,096 units each cluster is a fixed group of them, unit mod 4,096: groups of independent units are
 * independent, so this is a bootstrap, too; its standard errors are themselves uncertain by 1/√8,192 ≈ 1 %.
 */
import { normalQuantile } from "../numerics/normal-quantile.ts";
import type { Estimate } from "./evaluation.ts";
import type { Sample } from "./sample.ts";

const CLUSTERS_MAX = 4_096;

/** A column, or a constant. */
export type Column = Float64Array | number;
/** A number made of sums, one a column; rows are columns of 1. */
export type Statistic = (sums: readonly number[]) => number;

export interface ResamplingTerms {
  /** Of the intervals, in (0, 1). */
  readonly level: number;
  readonly replicates: number;
  readonly seed: number;
}

export class Clusters {
  /** How many there are. */
  readonly count: number;
  /** Of each row. */
  readonly #cluster: Uint16Array;
  readonly #level: number;
  readonly #rowsOfEach: Float64Array;
  /** How often each cluster is drawn, replicate by replicate. */
  readonly #draws: readonly Uint8Array[];

  constructor({ unit, units }: Pick<Sample, "unit" | "units">, { level, replicates, seed }: ResamplingTerms) {
    const count = Math.max(1, Math.min(units, CLUSTERS_MAX));
    this.count = count;
    this.#cluster = Uint16Array.from(unit, (number) => number % count);
    this.#level = level;
    this.#rowsOfEach = this.sumsOf(1);
    this.#draws = Array.from({ length: replicates }, (_, replicate) => drawn(count, mixed(seed, replicate)));
  }

  get rows(): number {
    return this.#cluster.length;
  }

  /** The cluster of a row. */
  of(row: number): number {
    return this.#cluster[row] as number;
  }

  /** A mean over the rows. */
  mean(column: Float64Array): Estimate {
    return this.means([column])[0] ?? NOTHING;
  }

  means(columns: readonly Float64Array[]): readonly Estimate[] {
    const sums = [this.#rowsOfEach, ...columns.map((column) => this.sumsOf(column))];
    return this.estimates(
      sums,
      columns.map((_, k) => (of) => (of[k + 1] ?? NaN) / (of[0] ?? NaN)),
    );
  }

  /** Of the mean of a column, without resampling: that of its sums over the clusters. */
  errorOfMean(column: Float64Array): number {
    return normalMean(this.sumsOf(column), this.#rowsOfEach, 0).standardError;
  }

  /** A statistic of column sums. */
  estimate(columns: readonly Column[], statistic: Statistic): Estimate {
    const [estimate = NOTHING] = this.estimates(
      columns.map((column) => this.sumsOf(column)),
      [statistic],
    );
    return estimate;
  }

  /**
   * Statistics of the same sums over the clusters, which `sumsOf` makes. A replicate in which one is not finite says
   * nothing of it, and is left out.
   */
  estimates(byCluster: readonly Float64Array[], statistics: readonly Statistic[]): readonly Estimate[] {
    return this.resampled((times) => {
      const sums = byCluster.map((sum) => dot(times, sum));
      return statistics.map((statistic) => statistic(sums));
    });
  }

  /** One estimate a figure; `figuresOf` is told how often each cluster counts, and gives as many figures each time. */
  resampled(figuresOf: (times: Uint8Array) => readonly number[]): readonly Estimate[] {
    const plain = figuresOf(new Uint8Array(this.count).fill(1));
    const draws = this.#draws.map(figuresOf);
    return plain.map((estimate, k) => {
      const replicates = Float64Array.from(draws, (draw) => draw[k] ?? NaN).filter((figure) => Number.isFinite(figure));
      replicates.sort();
      return { estimate, standardError: deviation(replicates), ...percentiles(replicates, this.#level, estimate) };
    });
  }

  /** A sum for each cluster, to be added to where `of` says. */
  empty(): Float64Array {
    return new Float64Array(this.count);
  }

  /** Sums of a column over the rows of each cluster. */
  sumsOf(column: Column): Float64Array {
    const sums = this.empty();
    for (let row = 0; row < this.rows; row++) {
      const at = this.of(row);
      sums[at] = (sums[at] as number) + (typeof column === "number" ? column : (column[row] as number));
    }
    return sums;
  }

  /**
   * Means of the rows of each label, by the normal distribution and the same clusters: there may be hundreds of them.
   * The standard error of a mean is that of the sum of (x − mean) over its clusters.
   */
  meansBy(column: Float64Array, label: Uint16Array, labels: number): readonly Estimate[] {
    const { count } = this;
    const sums = new Float64Array(labels * count);
    const rows = new Float64Array(labels * count);
    for (let i = 0; i < column.length; i++) {
      const at = (label[i] as number) * count + this.of(i);
      sums[at] = (sums[at] as number) + (column[i] as number);
      rows[at] = (rows[at] as number) + 1;
    }
    const z = normalQuantile((1 + this.#level) / 2);
    return Array.from({ length: labels }, (_, k) => {
      const [from, to] = [k * count, (k + 1) * count];
      return normalMean(sums.subarray(from, to), rows.subarray(from, to), z);
    });
  }
}

function dot(times: Uint8Array, sums: Float64Array): number {
  let total = 0;
  for (let k = 0; k < sums.length; k++) total += (times[k] as number) * (sums[k] as number);
  return total;
}

/** How often each of so many clusters is drawn, when as many are drawn with replacement. */
function drawn(clusters: number, seed: number): Uint8Array {
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

function percentiles(sorted: Float64Array, level: number, estimate: number): Pick<Estimate, "low" | "high"> {
  if (sorted.length === 0) return { low: estimate, high: estimate };
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}

function deviation(values: Float64Array): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
}

function normalMean(sums: Float64Array, rows: Float64Array, z: number): Estimate {
  const all = rows.reduce((total, count) => total + count, 0);
  const estimate = all === 0 ? 0 : sums.reduce((total, sum) => total + sum, 0) / all;
  const squares = sums.reduce((total, sum, k) => total + (sum - estimate * (rows[k] as number)) ** 2, 0);
  const standardError = all === 0 ? 0 : Math.sqrt(squares) / all;
  return { estimate, standardError, low: estimate - z * standardError, high: estimate + z * standardError };
}

const TWO_POW_32 = 0x100000000;
const NOTHING: Estimate = { estimate: NaN, standardError: NaN, low: NaN, high: NaN };
