/**
 * A policy's value by every estimator.
 *
 * Of each: the estimate, and its influence function φ, how much each row moves it (mean 0), summed over groups of rows: an
 * interval by units resamples that. It is ψ − θ of a mean; the two that divide by the mean weight are linearised:
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
import { errorOf, type GroupedEstimate, meanOver, type RowGroups, total } from "../row-groups.ts";
import { chosenLimits } from "./choose-limit.ts";
import { contributionOf } from "./contribution-of.ts";
import { intervalsOf } from "./intervals.ts";

export interface EstimateOfOne extends GroupedEstimate {
  readonly estimator: EstimatorName;
  readonly parameter: EstimatorResult["parameter"];
  readonly intervals: Readonly<Record<Exclude<IntervalName, "bootstrap">, Range>>;
}

export interface EstimationTerms {
  /** Of the intervals, in (0, 1). */
  readonly level: number;
  /** No weight can be larger: 1/the least propensity. */
  readonly weightMax: number;
  /** Units of the rows: rows of one unit are not independent. */
  readonly units: number;
  /** Whole units together. */
  readonly groups: RowGroups;
}

/** In the order of `ESTIMATORS`; those with a limit once for each way to choose it. */
export function estimateAll(columns: RewardColumns, terms: EstimationTerms): readonly EstimateOfOne[] {
  const { level, weightMax, units, groups } = terms;
  const bound = weightMax * columns.reward.reduce((most, r) => Math.max(most, Math.abs(r)), 0);
  return ESTIMATORS.flatMap((estimator) =>
    estimated(estimator, columns, groups).map((one) => {
      // As if every unit were one row, with the mean of its rows.
      const variance = errorOf(one.influence, columns.w.length) ** 2 * units;
      const intervals = intervalsOf({ rows: units, mean: one.estimate, variance }, { level, bound });
      return { estimator, ...one, intervals };
    }),
  );
}

type Estimated = GroupedEstimate & Pick<EstimateOfOne, "parameter">;

function estimated(estimator: EstimatorName, columns: RewardColumns, groups: RowGroups): readonly Estimated[] {
  if (estimator === "snips") return [{ ...snips(columns, groups), parameter: null }];
  if (estimator === "sndr") return [{ ...sndr(columns, groups), parameter: null }];
  const limits = chosenLimits(estimator, columns, groups);
  if (limits === null) {
    const sums = groups.sumsOf(contributionOf(estimator, columns, 0));
    return [{ ...meanOver(sums, groups.rowsOfEach), parameter: null }];
  }
  return LIMIT_CHOICES.map((chosenBy) => {
    const { limit, estimate, influence } = limits[chosenBy];
    return { estimate, influence, parameter: { value: limit, chosenBy } };
  });
}

function snips({ w, reward }: RewardColumns, groups: RowGroups): GroupedEstimate {
  return weightedMean(groups.sumsOf(w.map((x, i) => x * (reward[i] as number))), groups.sumsOf(w), w.length);
}

function sndr({ w, reward, qChosen, qPolicy }: RewardColumns, groups: RowGroups): GroupedEstimate {
  const planned = meanOver(groups.sumsOf(qPolicy), groups.rowsOfEach);
  const rest = w.map((x, i) => x * ((reward[i] as number) - (qChosen[i] as number)));
  const correction = weightedMean(groups.sumsOf(rest), groups.sumsOf(w), w.length);
  return {
    estimate: planned.estimate + correction.estimate,
    influence: planned.influence.map((moved, g) => moved + (correction.influence[g] as number)),
  };
}

/** θ = Σwx/Σw and Σ w·(x − θ)/w̄, by sums over the groups; of no weight at all nothing follows. */
function weightedMean(weighted: Float64Array, weights: Float64Array, rows: number): GroupedEstimate {
  const weight = total(weights);
  if (weight === 0) return { estimate: 0, influence: new Float64Array(weighted.length) };
  const estimate = total(weighted) / weight;
  const influence = weighted.map((sum, g) => ((sum - estimate * (weights[g] as number)) * rows) / weight);
  return { estimate, influence };
}
