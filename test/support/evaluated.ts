/** A whole evaluation at once, of a log without a model to measure. */
import { pairEstimates, estimateReward } from "../../src/core/evaluation/estimators.ts";
import { conclude, type EvaluationTerms, judge, type Policies, prepare } from "../../src/core/evaluation/evaluate.ts";
import type { Evaluation } from "../../src/core/evaluation/evaluation.ts";
import type { Sample } from "../../src/core/evaluation/sample.ts";

export function evaluated(sample: Sample, policies: Policies, terms: EvaluationTerms): Evaluation {
  const prepared = prepare(sample, policies);
  const { value, cost } = prepared.rewards;
  const estimators = pairEstimates(estimateReward(value, terms), estimateReward(cost, terms));
  return conclude(judge(prepared, terms), { estimators, calibration: [], uplift: [] });
}
