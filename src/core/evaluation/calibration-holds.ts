/**
 * Whether predictions rank as what is observed does: no neighbouring bins of any calibration fall by more than chance
 * explains, all of them tested together at 5 % (Bonferroni). A rule of 1.96 standard errors for each would find a fall in
 * most right models: 9 pairs of 8 actions and 2 heads are 144 tests.
 */
import { normalQuantile } from "../numerics/normal-quantile.ts";
import type { Calibration } from "./evaluation.ts";

const ALPHA = 0.05;

export function calibrationHolds(calibrations: readonly Calibration[]): boolean {
  const falls = calibrations.flatMap(({ bins }) =>
    bins.slice(1).flatMap((bin, i) => {
      const before = bins[i];
      if (before === undefined) return [];
      const error = Math.hypot(before.standardError, bin.standardError);
      return error === 0 ? [] : [(before.observed - bin.observed) / error];
    }),
  );
  if (falls.length === 0) return true;
  const limit = normalQuantile(1 - ALPHA / falls.length);
  return falls.every((z) => z <= limit);
}
