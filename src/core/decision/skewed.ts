/**
 * ε-greedy whose exploration leans towards what is worth much and costs little: a warm start, for while the order of
 * the actions is doubtful but dear mistakes are known.
 *
 *   w_a  = max(V_a, 0) / (1 + k_a/costUnit)       value, halved at a cost of one costUnit; 0 for no_offer
 *   p(a) = ε·((1 − m)·w_a/Σw + m/|F|) + (1 − ε)·[a = best]       m = evenShare; all weights 0: w_a/Σw = 1/|F|
 *
 * Choosing in proportion to a weight is Luce's rule (Individual Choice Behavior, 1959); the even part keeps every
 * probability at or above ε·m/|F|.
 */
import type { Situation } from "../domain/decision.ts";
import { dueCost } from "../domain/due-cost.ts";
import { type Alternatives, isLive } from "./alternatives.ts";

export interface Skew {
  readonly epsilon: number;
  readonly evenShare: number;
  readonly costUnit: number;
}

export function skewed(situation: Situation, alternatives: Alternatives, skew: Skew): readonly number[] {
  const { net, best, live } = alternatives;
  const weights = weightsOf(situation, net, skew.costUnit);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const even = total > 0 ? skew.evenShare : 1;
  return net.map((worth, i) => {
    const byWeight = total > 0 ? (weights[i] as number) / total : 0;
    const explored = ((1 - even) * byWeight + even / live) * isLive(worth);
    return skew.epsilon * explored + (i === best ? 1 - skew.epsilon : 0);
  });
}

function weightsOf({ scores, pacing }: Situation, net: readonly number[], costUnit: number): readonly number[] {
  return net.map((worth, i) => {
    if (worth === -Infinity) return 0;
    return Math.max(scores.value[i] as number, 0) / (1 + dueCost(scores.cost[i] as number, pacing, i) / costUnit);
  });
}
