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
import type { RowGroups } from "./row-groups.ts";
import type { Sample } from "./sample.ts";

const CLUSTERS_MAX = 4_096;

/** A number made of sums, one a column; of rows the sum is how many there are. */
export type Statistic = (sums: readonly number[]) => number;

export interface ResamplingTerms {
  /** Of the intervals, in (0, 1). */
  readonly level: number;
  readonly replicates: number;
  readonly seed: number;
}

export class Clusters implements RowGroups {
  /** How many there are. */
  readonly count: number;
  readonly rowsOfEach: Float64Array;
  /** Of each row. */
  readonly #cluster: Uint16Array;
  readonly #level: number;
  /** How often each cluster is drawn, replicate by replicate. */
  readonly #draws: readonly Uint8Array[];

  constructor({ unit, units }: Pick<Sample, "unit" | "units">, { level, replicates, seed }: ResamplingTerms) {
    const count = Math.max(1, Math.min(units, CLUSTERS_MAX));
    this.count = count;
    this.#cluster = Uint16Array.from(unit, (number) => number % count);
    this.#level = level;
    this.rowsOfEach = countsOf(this.#cluster, count);
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
    const sums = [this.rowsOfEach, ...columns.map((column) => this.sumsOf(column))];
    return this.estimates(
      sums,
      columns.map((_, k) => (of) => (of[k + 1] ?? NaN) / (of[0] ?? NaN)),
    );
  }

  /** A statistic of sums over the clusters. */
  estimate(byCluster: readonly Float64Array[], statistic: Statistic): Estimate {
    return this.estimates(byCluster, [statistic])[0] ?? NOTHING;
  }

  /**
   * Statistics of the same sums over the clusters, which `sumsOf` makes. A replicate in which one is not finite says
   * nothing of it, and is left out.
   */
  estimates(byCluster: readonly Float64Array[], statistics: readonly Statistic[]): readonly Estimate[] {
    const often = this.empty();
    return this.resampled((times) => {
      often.set(times);
      const sums = byCluster.map((sum) => dot(often, sum));
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

  sumsOf(column: Float64Array): Float64Array {
    const cluster = this.#cluster;
    const sums = this.empty();
    for (let row = 0; row < cluster.length; row++) {
      const at = cluster[row] as number;
      sums[at] = (sums[at] as number) + (column[row] as number);
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

function countsOf(cluster: Uint16Array, clusters: number): Float64Array {
  const rows = new Float64Array(clusters);
  for (const at of cluster) rows[at] = (rows[at] as number) + 1;
  return rows;
}

/** Four sums, as one alone would wait for every addition before the next: this is what a bootstrap spends its time on. */
function dot(times: Float64Array, sums: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < sums.length; k += 4) {
    a += (times[k] as number) * (sums[k] as number);
    b += (times[k + 1] as number) * (sums[k + 1] as number);
    c += (times[k + 2] as number) * (sums[k + 2] as number);
    d += (times[k + 3] as number) * (sums[k + 3] as number);
  }
  for (; k < sums.length; k++) a += (times[k] as number) * (sums[k] as number);
  return a + b + (c + d);
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
