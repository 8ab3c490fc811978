/** Counts of equal-width bins, of numbers or of their logarithms. */
import type { Histogram } from "./evaluation.ts";

const BINS = 40;

/** Of numbers in [0, 1]. */
export function shareHistogram(values: Float64Array): Histogram {
  return { scale: "linear", ...counted(values, { from: 0, to: 1, place: (x) => x }) };
}

/** By log10, of what is above 0. */
export function logHistogram(values: Float64Array): Histogram {
  const positive = values.filter((x) => x > 0);
  const from = Math.floor(positive.reduce((least, x) => Math.min(least, Math.log10(x)), 0));
  const to = Math.ceil(positive.reduce((most, x) => Math.max(most, Math.log10(x)), from + 1));
  return { scale: "log10", ...counted(positive, { from, to, place: Math.log10 }) };
}

interface Bins {
  readonly from: number;
  readonly to: number;
  readonly place: (x: number) => number;
}

function counted(values: Float64Array, { from, to, place }: Bins): Pick<Histogram, "edges" | "counts"> {
  const width = (to - from) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const x of values) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((place(x) - from) / width)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges: Array.from({ length: BINS + 1 }, (_, k) => from + k * width), counts };
}
