/**
 * What one row contributes to an estimate of a policy's value: the estimate is the mean over the rows.
 *
 *   ips                  w·r                             Horvitz & Thompson 1952
 *   clipped_ips          min(w, L)·r                     Ionides 2008; Su et al., ICML 2020
 *   dm                   q(x,π)
 *   dr                   q(x,π) + w·(r − q)              Dudík, Langford & Li, ICML 2011
 *   clipped_dr           q(x,π) + min(w, L)·(r − q)
 *   switch_dr            q(x,π) + w·[w ≤ L]·(r − q)      Wang, Agarwal & Dudík, ICML 2017
 *   dros                 q(x,π) + L·w/(w² + L)·(r − q)   Su, Dimakopoulou, Krishnamurthy & Dudík, ICML 2020
 *   sub_gaussian_ips     w/(1 − L + L·w)·r               Metelli, Russo & Restelli, NeurIPS 2021
 *   sub_gaussian_dr      q(x,π) + w/(1 − L + L·w)·(r − q)
 *
 * w = π(a|x)/p ≥ 0; q = q(x,a) of the assigned action. `snips` and `sndr` divide by the mean weight: estimate-all.ts.
 * Definitions agree with zr-obp's (`obp/ope/estimators.py`), which the tests hold them against.
 */
import type { EstimatorName } from "../evaluation.ts";
import type { RewardColumns } from "../contributions.ts";

export type MeanEstimator = Exclude<EstimatorName, "snips" | "sndr">;

/** Whether the model of rewards is in it, and how a weight is tempered. */
interface Form {
  readonly model: "none" | "alone" | "corrected";
  readonly temper: (w: number, limit: number) => number;
}

const untouched = (w: number) => w;
const clipped = (w: number, limit: number) => Math.min(w, limit);
const switched = (w: number, limit: number) => (w <= limit ? w : 0);
const shrunk = (w: number, limit: number) => (limit * w) / (w * w + limit);
// At L = 1 every weight counts as 1, but one of 0 stays 0.
const subGaussian = (w: number, limit: number) => (w === 0 ? 0 : w / (1 - limit + limit * w));

const FORMS: Readonly<Record<MeanEstimator, Form>> = {
  ips: { model: "none", temper: untouched },
  clipped_ips: { model: "none", temper: clipped },
  dm: { model: "alone", temper: untouched },
  dr: { model: "corrected", temper: untouched },
  clipped_dr: { model: "corrected", temper: clipped },
  switch_dr: { model: "corrected", temper: switched },
  dros: { model: "corrected", temper: shrunk },
  sub_gaussian_ips: { model: "none", temper: subGaussian },
  sub_gaussian_dr: { model: "corrected", temper: subGaussian },
};

/** Whether the estimator weighs what the model leaves over, and not the reward itself. */
export function isCorrected(estimator: MeanEstimator): boolean {
  return FORMS[estimator].model === "corrected";
}

/** How the estimator tempers a weight. */
export function temperOf(estimator: MeanEstimator): (w: number, limit: number) => number {
  return FORMS[estimator].temper;
}

/** ψ of every row [n]. @param limit L; it means nothing where the formula has none */
export function contributionOf(
  estimator: MeanEstimator,
  { w, reward, qChosen, qPolicy }: RewardColumns,
  limit: number,
): Float64Array {
  const { model, temper } = FORMS[estimator];
  switch (model) {
    case "alone":
      return qPolicy;
    case "none":
      return w.map((weight, i) => temper(weight, limit) * (reward[i] as number));
    case "corrected":
      return qPolicy.map((q, i) => {
        const leftOver = (reward[i] as number) - (qChosen[i] as number);
        return q + temper(w[i] as number, limit) * leftOver;
      });
    default:
      return model satisfies never;
  }
}
