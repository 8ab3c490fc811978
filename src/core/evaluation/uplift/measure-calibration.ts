/** Calibration of every paid action's expected value and expected cost on a log, each against what was observed. */
import type { Calibration } from "../evaluation.ts";
import type { Sample } from "../sample.ts";
import { Clusters } from "../clusters.ts";
import { lineOfSums } from "./calibration-line.ts";
import { binsOf, expectedCalibrationError, fallsOf, type Predicted } from "./calibration.ts";
import { type ComparableRows, comparableRows } from "./comparable-rows.ts";
import type { UpliftTerms } from "./measure-uplift.ts";

/**
 * Left out: actions with too few comparable rows, and predictions that are the same for everybody (a fixed cost): they
 * order nobody.
 */
export function measureCalibration(sample: Sample, terms: UpliftTerms): readonly Calibration[] {
  return sample.actions.flatMap((action, at) => {
    const rows = at === 0 ? null : comparableRows(sample, at, terms.floor);
    if (rows === null) return [];
    return calibrationOfRows(rows, new Clusters(rows, terms)).map((result) => ({ ...result, action }));
  });
}

/** The same of rows that were chosen elsewhere: their weights are right as they are. */
export function calibrationOfRows(rows: ComparableRows, clusters: Clusters): readonly Omit<Calibration, "action">[] {
  return (["value", "cost"] as const).flatMap((of) => {
    const result = resultOf(predictedOf(rows, of), clusters);
    return result === null ? [] : [{ of, ...result }];
  });
}

/** One comparison by itself at 95 %; `calibrationHolds` judges them together. */
const CREDIBLE_ERRORS = 1.96;

function resultOf(rows: Predicted, clusters: Clusters): Omit<Calibration, "of" | "action"> | null {
  if (rows.effect.every((effect) => effect === rows.effect[0])) return null;
  const bins = binsOf(rows);
  const { columns, lineOf } = lineOfSums(rows);
  const slope = clusters.estimate(columns, (sums) => lineOf(sums).slope);
  const intercept = clusters.estimate(columns, (sums) => lineOf(sums).intercept);
  if (bins.length === 0 || !Number.isFinite(slope.estimate)) return null;
  const falls = fallsOf(bins);
  return {
    bins: bins.map(({ predicted, observed, standardError, decisions }) => ({
      predicted,
      observed,
      standardError,
      decisions,
    })),
    slope,
    intercept,
    ece: expectedCalibrationError(bins),
    falls: falls.length,
    credibleFalls: falls.filter((errors) => errors > CREDIBLE_ERRORS).length,
  };
}

function predictedOf(rows: ComparableRows, of: "value" | "cost"): Predicted {
  const { treated, weight, unit } = rows;
  const [effect, outcome] = of === "value" ? [rows.expectedValue, rows.value] : [rows.expectedCost, rows.cost];
  return { effect, outcome, treated, weight, unit };
}
