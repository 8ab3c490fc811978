/**
 * A policy's value by every estimator, one after the other: columns of a million rows are not kept.
 *
 * Of each: the estimate, and its influence function, how much each row moves it (mean 0): an interval by units resamples
 * that. The two that divide by the mean weight are linearised:
 *
 *   snips   θ = Σwr/Σw                          φ = w·(r − θ)/w̄                        (Swaminathan & Joachims 2015)
 *   sndr    θ = mean(q(x,π)) + κ, κ = Σw(r−q)/Σw   φ = q(x,π) − mean(q(x,π)) + w·(r − q − κ)/w̄   (Robins et al. 2007)
 */
import type { RewardColumns } from "../contributions.ts";
import {
  type EstimatorName,
  ESTIMATORS,
  type EstimatorResult,
  type IntervalName,
  LIMIT_CHOICES,
  type Range,
} from "../evaluation.ts";
import { chosenLimits } from "./choose-limit.ts";
import { contributionOf, type MeanEstimator } from "./contribution-of.ts";
import { intervalsOf } from "./intervals.ts";

export interface EstimateOfOne {
  readonly estimator: EstimatorName;
  readonly parameter: EstimatorResult["parameter"];
  readonly estimate: number;
  /** [n], mean 0. */
  readonly influence: Float64Array;
  readonly intervals: Readonly<Record<Exclude<IntervalName, "bootstrap">, Range>>;
}

export interface EstimationTerms {
  /** Of the intervals, in (0, 1). */
  readonly level: number;
  /** No weight can be larger: 1/the least propensity. */
  readonly weightMax: number;
  /** Units of the rows: rows of one unit are not independent. */
  readonly units: number;
  /** √(Σ_units (Σ_{i in unit} (x_i − x̄))²)/n, for the mean of a column. */
  readonly errorOfMean: (column: Float64Array) => number;
}

/** In the order of `ESTIMATORS`; those with a limit once for each way to choose it. */
export function* estimateAll(columns: RewardColumns, terms: EstimationTerms): Generator<EstimateOfOne> {
  const { level, weightMax, units, errorOfMean } = terms;
  const bound = weightMax * columns.reward.reduce((most, r) => Math.max(most, Math.abs(r)), 0);
  for (const estimator of ESTIMATORS) {
    for (const { estimate, influence, parameter } of estimated(estimator, columns, errorOfMean)) {
      // As if every unit were one row, with the mean of its rows.
      const variance = errorOfMean(influence) ** 2 * units;
      const intervals = intervalsOf({ rows: units, mean: estimate, variance }, { level, bound });
      yield { estimator, parameter, estimate, influence, intervals };
    }
  }
}

type Estimated = Pick<EstimateOfOne, "estimate" | "influence" | "parameter">;

function estimated(
  estimator: EstimatorName,
  columns: RewardColumns,
  errorOfMean: EstimationTerms["errorOfMean"],
): readonly Estimated[] {
  if (estimator === "snips") return [{ ...snips(columns), parameter: null }];
  if (estimator === "sndr") return [{ ...sndr(columns), parameter: null }];
  const limits = chosenLimits(estimator, columns, errorOfMean);
  if (limits === null) return [{ ...meanAt(estimator, columns, 0), parameter: null }];
  return LIMIT_CHOICES.map((chosenBy) => {
    const value = limits[chosenBy];
    return { ...meanAt(estimator, columns, value), parameter: { value, chosenBy } };
  });
}

function meanAt(estimator: MeanEstimator, columns: RewardColumns, limit: number): Omit<Estimated, "parameter"> {
  const psi = contributionOf(estimator, columns, limit);
  const estimate = meanOf(psi);
  return { estimate, influence: psi.map((x) => x - estimate) };
}

function snips({ w, reward }: RewardColumns): Omit<Estimated, "parameter"> {
  const weight = meanOf(w);
  const estimate = weight === 0 ? 0 : meanOf(w.map((x, i) => x * (reward[i] as number))) / weight;
  return { estimate, influence: w.map((x, i) => divided(x * ((reward[i] as number) - estimate), weight)) };
}

function sndr({ w, reward, qChosen, qPolicy }: RewardColumns): Omit<Estimated, "parameter"> {
  const weight = meanOf(w);
  const planned = meanOf(qPolicy);
  const rest = reward.map((r, i) => r - (qChosen[i] as number));
  const correction = divided(meanOf(w.map((x, i) => x * (rest[i] as number))), weight);
  const influence = qPolicy.map((q, i) => {
    return q - planned + divided((w[i] as number) * ((rest[i] as number) - correction), weight);
  });
  return { estimate: planned + correction, influence };
}

/** Of no weight at all nothing follows. */
function divided(x: number, by: number): number {
  return by === 0 ? 0 : x / by;
}

function meanOf(column: Float64Array): number {
  return column.reduce((sum, x) => sum + x, 0) / column.length;
}
