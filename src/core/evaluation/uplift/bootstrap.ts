/** Figures with the spread they have when units are drawn anew: weights by unit, percentile intervals. */
import { moments } from "../../numerics/moments.ts";
import { poissonWeights } from "../../numerics/poisson-weights.ts";
import type { Estimate } from "../evaluation.ts";

export interface Resampling {
  /** Units are numbered from 0. */
  readonly units: number;
  readonly replicates: number;
  readonly seed: number;
  /** Of intervals, in (0, 1). */
  readonly level: number;
}

/**
 * One estimate a figure; `figuresOf` is told how often each unit counts, and gives as many figures each time.
 * Draws in which a figure is not finite do not count for it.
 */
export function bootstrapped(
  figuresOf: (repetitions: Uint8Array) => readonly number[],
  { units, replicates, seed, level }: Resampling,
): readonly Estimate[] {
  const plain = figuresOf(new Uint8Array(units).fill(1));
  const draws = Array.from({ length: replicates }, (_, replicate) =>
    figuresOf(poissonWeights(units, { seed, replicate })),
  );
  return plain.map((estimate, k) => {
    const drawn = Float64Array.from(draws.map((draw) => draw[k] ?? NaN).filter((figure) => Number.isFinite(figure)));
    drawn.sort();
    return {
      estimate,
      standardError: moments(drawn).std,
      low: quantile(drawn, (1 - level) / 2),
      high: quantile(drawn, (1 + level) / 2),
    };
  });
}

/** Between the two nearest ones in proportion; NaN of none. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}
