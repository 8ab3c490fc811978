/**
 * What of an evaluation takes as long as all the rest, side by side: each paid action's model against what was observed,
 * and every estimator of value and of cost.
 */
import type { ResamplingTerms } from "../../core/evaluation/clusters.ts";
import { type EstimatedReward, pairEstimates, type Reward, type Rewards } from "../../core/evaluation/estimators.ts";
import type { Measured } from "../../core/evaluation/evaluate.ts";
import type { Sample } from "../../core/evaluation/sample.ts";
import { type ChosenRows, comparableRows } from "../../core/evaluation/uplift/comparable-rows.ts";
import type { MeasuredAction } from "../../core/evaluation/uplift/measure-action.ts";

/** `measureAction` and `estimateReward`, several at one time. */
export interface Measurer {
  measure(rows: ChosenRows, terms: ResamplingTerms): Promise<MeasuredAction>;
  estimate(reward: Reward, terms: ResamplingTerms): Promise<readonly EstimatedReward[]>;
}

export async function measureRewards(
  measurer: Measurer,
  { value, cost }: Rewards,
  terms: ResamplingTerms,
): Promise<Measured["estimators"]> {
  return pairEstimates(...(await Promise.all([measurer.estimate(value, terms), measurer.estimate(cost, terms)])));
}

/** Actions with too few comparable rows are left out. @param floor a smaller logged probability supports nothing */
export async function measureActions(
  measurer: Measurer,
  sample: Sample,
  { floor, ...terms }: ResamplingTerms & { readonly floor: number },
): Promise<Omit<Measured, "estimators">> {
  const comparable = sample.actions.flatMap((action, at) => {
    const rows = at === 0 ? null : comparableRows(sample, at, floor);
    return rows === null ? [] : [{ action, rows }];
  });
  const measured = await Promise.all(
    comparable.map(async ({ action, rows }) => ({ action, ...(await measurer.measure(rows, terms)) })),
  );
  return {
    calibration: measured.flatMap(({ action, calibration }) => calibration.map((result) => ({ ...result, action }))),
    uplift: measured.map(({ action, uplift }) => ({ action, ...uplift })),
  };
}
