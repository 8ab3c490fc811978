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
import { studentTQuantile } from "../../numerics/student-t-quantile.ts";
import type { Calibration, CalibrationBin } from "../evaluation.ts";
import { fallsOf } from "./calibration.ts";

const ALPHA = 0.05;

/** @example calibrationHolds([]) // true: nothing speaks against it */
export function calibrationHolds(calibrations: readonly Calibration[]): boolean {
  const pairs = calibrations.reduce((sum, { bins }) => sum + Math.max(0, bins.length - 1), 0);
  const share = ALPHA / 2 / Math.max(1, pairs);
  const backwards = normalQuantile(1 - ALPHA / 2 / Math.max(1, calibrations.length));
  return calibrations.every(
    ({ bins, slope }) => doesNotFall(bins, share) && slope.estimate >= -backwards * slope.standardError,
  );
}

/** By Student's t with the degrees of freedom of two bins of two arms: that far out, the normal's tail is too thin for bins of 60. */
function doesNotFall(bins: readonly CalibrationBin[], chance: number): boolean {
  return bins.slice(1).every((right, i) => {
    const pair = [bins[i] ?? right, right];
    const freedom = Math.max(
      1,
      pair.reduce((sum, { decisions }) => sum + decisions - 2, 0),
    );
    const limit = studentTQuantile(1 - chance, freedom);
    return fallsOf(pair).every((errors) => errors <= limit);
  });
}
