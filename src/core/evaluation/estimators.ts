/** The candidate by every estimator: its value and its cost, each by itself, so that they can be estimated side by side. */
import { Clusters, type ResamplingTerms } from "./clusters.ts";
import { type Contributions, type Modelled, type RewardColumns, rewardColumns } from "./contributions.ts";
import type { EstimatorResult } from "./evaluation.ts";
import { estimateAll } from "./off-policy/estimate-all.ts";
import type { PolicyColumns, Sample } from "./sample.ts";

/** One reward of the rows, whose units are drawn together. */
export interface Reward extends Pick<Sample, "unit" | "units"> {
  readonly columns: RewardColumns;
  /** No weight can be larger: 1/the least propensity. */
  readonly weightMax: number;
}

export type Rewards = Readonly<Record<keyof Contributions, Reward>>;

export function rewardsOf(modelled: Modelled, policy: PolicyColumns): Rewards {
  const { unit, units, propensity } = modelled.sample;
  const weightMax = 1 / propensity.reduce((least, p) => Math.min(least, p), 1);
  const of = (what: keyof Contributions): Reward => {
    return { columns: rewardColumns(what, modelled, policy), unit, units, weightMax };
  };
  return { value: of("value"), cost: of("cost") };
}

/** What one estimator makes of a reward. */
export interface EstimatedReward extends Pick<EstimatorResult, "estimator" | "parameter"> {
  readonly result: EstimatorResult["value"];
}

export function estimateReward(reward: Reward, terms: ResamplingTerms): readonly EstimatedReward[] {
  const { columns, units, weightMax } = reward;
  const clusters = new Clusters(reward, terms);
  const all = estimateAll(columns, { level: terms.level, weightMax, units, groups: clusters });
  const moved = clusters.estimates(
    [clusters.rowsOfEach, ...all.map(({ influence }) => influence)],
    all.map((_, k) => (sums) => (sums[k + 1] ?? NaN) / (sums[0] ?? NaN)),
  );
  return all.map(({ estimator, parameter, estimate, intervals }, k) => {
    const { standardError, low, high } = moved[k] ?? NOTHING;
    const bootstrap = { low: estimate + low, high: estimate + high };
    const result = { estimate, standardError, ...bootstrap, intervals: { ...intervals, bootstrap } };
    return { estimator, parameter, result };
  });
}

/** @param value and @param cost of the same estimators; a limit that is told is that of the value */
export function pairEstimates(
  value: readonly EstimatedReward[],
  cost: readonly EstimatedReward[],
): readonly EstimatorResult[] {
  return value.flatMap(({ estimator, parameter, result }, k) => {
    const other = cost[k]?.result;
    return other === undefined ? [] : [{ estimator, parameter, value: result, cost: other }];
  });
}

const NOTHING = { standardError: NaN, low: NaN, high: NaN };
