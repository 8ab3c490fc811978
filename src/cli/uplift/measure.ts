/** Everything that can be said of the scores of a file, each figure under the name of its normalisation. */
import { LiftgateError } from "../../core/errors.ts";
import type { Calibration, Estimate, UpliftResult } from "../../core/evaluation/evaluation.ts";
import { Clusters, type ResamplingTerms } from "../../core/evaluation/clusters.ts";
import type { ChosenRows } from "../../core/evaluation/uplift/comparable-rows.ts";
import { endNormalised } from "../../core/evaluation/uplift/cumulative-gain.ts";
import { measureAction } from "../../core/evaluation/uplift/measure-action.ts";
import { ranked, RankedWeights } from "../../core/evaluation/uplift/ranked-rows.ts";
import { perfectAuuc, perfectQini } from "../../core/evaluation/uplift/ranking-metrics.ts";

export interface Scored {
  readonly action: string;
  readonly rows: ChosenRows;
  readonly others: number;
}

export interface Measured {
  readonly schema: "liftgate.uplift.v1";
  readonly treated: number;
  readonly control: number;
  readonly units: number;
  /** Rows with another label: not compared. */
  readonly others: number;
  readonly level: number;
  /** qini and auuc in it: between the curve and the straight line, outcome per row; 0 is random. */
  readonly uplift: UpliftResult;
  /** As scikit-uplift, over the perfect ranking: 0 is random, 1 perfect; null: the outcome is not 0/1, or always the same. */
  readonly perfect: { readonly qini: Estimate; readonly auuc: Estimate } | null;
  /** As causalml, over the last point: Qini 0 is random, AUUC about 0.5; null: rows weigh differently. */
  readonly end: { readonly qini: number; readonly auuc: number } | null;
  readonly calibration: readonly Calibration[];
}

/** @throws LiftgateError `invalid_request` where an arm has too few rows */
export function measure(
  { action, rows, others }: Scored,
  terms: ResamplingTerms & { readonly weighted: boolean },
): Measured {
  const treated = rows.treated.reduce((sum, one) => sum + one, 0);
  const control = rows.treated.length - treated;
  if (Math.min(treated, control) < ROWS_MIN) {
    throw new LiftgateError(
      "invalid_request",
      `there are ${treated} rows of the action and ${control} of the control; each must have ${ROWS_MIN}`,
    );
  }
  const { calibration, uplift } = measureAction(rows, terms);
  return {
    schema: "liftgate.uplift.v1",
    treated,
    control,
    units: rows.units,
    others,
    level: terms.level,
    uplift: { action, ...uplift },
    perfect: perfectOf(rows, terms),
    end: terms.weighted ? null : endOf(rows),
    calibration: calibration.map((result) => ({ ...result, action })),
  };
}

/** So that calibration has three bins. */
const ROWS_MIN = 100;

function perfectOf(rows: ChosenRows, terms: ResamplingTerms): Measured["perfect"] {
  const isBinary = rows.value.every((value) => value === 0 || value === 1);
  if (!isBinary || rows.value.every((value) => value === rows.value[0])) return null;
  const byScore = ranked({ ...rows, score: rows.expectedValue });
  const clusters = new Clusters(rows, terms);
  const weighing = new RankedWeights(byScore, clusters);
  const [qini, auuc] = clusters.resampled((times) => {
    const weights = weighing.times(times);
    return [perfectQini(byScore, weights), perfectAuuc(byScore, weights)];
  });
  return qini === undefined || auuc === undefined ? null : { qini, auuc };
}

function endOf(rows: ChosenRows): Measured["end"] {
  const byScore = ranked({ ...rows, score: rows.expectedValue });
  return { qini: endNormalised("qini", byScore), auuc: endNormalised("gain", byScore) };
}
