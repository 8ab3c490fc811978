/**
 * Whether calibration is monotone within error, over all actions and both heads at once.
 *
 * A fall counts at 1.96 errors in `credibleFalls`, one comparison by itself: ten bins of five actions and two heads
 * are 90 comparisons, of which a perfectly flat truth shows more than two. Here the chance that a model that is
 * right fails at all is at most ALPHA: half of it over every two neighbouring bins (one-sided, Bonferroni, which
 * holds although neighbours share a bin), half over the slopes, which see a ranking that is wrong all along but
 * falls too little between any two bins.
 */
import { normalQuantile } from "../../numerics/normal-quantile.ts";
import type { Calibration } from "../evaluation.ts";
import { fallsOf } from "./calibration.ts";

const ALPHA = 0.05;

/** @example calibrationHolds([]) // true: nothing speaks against it */
export function calibrationHolds(calibrations: readonly Calibration[]): boolean {
  const pairs = calibrations.reduce((sum, { bins }) => sum + Math.max(0, bins.length - 1), 0);
  const steep = limitOf(pairs);
  const backwards = limitOf(calibrations.length);
  return calibrations.every(
    ({ bins, slope }) =>
      fallsOf(bins).every((errors) => errors <= steep) && slope.estimate >= -backwards * slope.standardError,
  );
}

function limitOf(comparisons: number): number {
  return normalQuantile(1 - ALPHA / 2 / Math.max(1, comparisons));
}
