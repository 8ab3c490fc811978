/** Calibration of an action's expected value and expected cost, each against what was observed. */
import type { Calibration } from "../evaluation.ts";
import { Clusters, type ResamplingTerms } from "../clusters.ts";
import { lineOfSums } from "./calibration-line.ts";
import { binsOf, expectedCalibrationError, fallsOf, type Predicted } from "./calibration.ts";
import type { ChosenRows, ComparableRows } from "./comparable-rows.ts";

/**
 * Rows of one action and of `no_offer`: their weights are right as they are. Left out are predictions that are the same
 * for everybody (a fixed cost): they order nobody.
 */
export function measureCalibration(rows: ChosenRows, terms: ResamplingTerms): readonly Omit<Calibration, "action">[] {
  const clusters = new Clusters(rows, terms);
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
  const sums = columns.map((column) => clusters.sumsOf(column));
  const [slope, intercept] = clusters.estimates(sums, [(of) => lineOf(of).slope, (of) => lineOf(of).intercept]);
  if (bins.length === 0 || slope === undefined || intercept === undefined) return null;
  if (!Number.isFinite(slope.estimate)) return null;
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
