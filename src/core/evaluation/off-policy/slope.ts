/**
 * SLOPE: of estimators from the least biased to the most, the last that does not contradict one before it (Su, Srinath &
 * Krishnamurthy, "Adaptive Estimator Selection for Off-Policy Evaluation", ICML 2020, after Lepski).
 *
 *   I_k = θ_k ± 2·c_k,   k* = the largest k for which I_1 ∩ … ∩ I_k is not empty
 *
 * c_k is how far chance alone takes θ_k from its mean, for all k at once but for a chance of δ: with the normal
 * distribution and Bonferroni. It needs no bound of the bias, only that bias rises where chance shrinks.
 */
import { normalQuantile } from "../../numerics/normal-quantile.ts";

const DELTA = 0.05;

export interface Contender {
  readonly estimate: number;
  readonly standardError: number;
}

/** @param contenders at least one, the least biased first */
export function slopeChoice<C extends Contender>(contenders: readonly [C, ...C[]]): C {
  const errors = 2 * normalQuantile(1 - DELTA / 2 / contenders.length);
  let [chosen] = contenders;
  let low = -Infinity;
  let high = Infinity;
  for (const next of contenders) {
    low = Math.max(low, next.estimate - errors * next.standardError);
    high = Math.min(high, next.estimate + errors * next.standardError);
    if (low > high) break;
    chosen = next;
  }
  return chosen;
}
