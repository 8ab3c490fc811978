/**
 * What each action is worth to the objective at today's prices.
 *
 *   net = V − (w + λ)·k        w = 1 to maximize profit, 0 to maximize value; λ ≥ 0 the shadow price
 *   e   = V / k                 value per incremental cost; ∞ for a free lunch (V > 0, k ≤ 0)
 *
 * A cost that is predicted below zero is charged as zero: k = max(c, 0). Uplift models do predict
 * small negative costs, and crediting them would let noise pay for itself.
 */
import type { Exclusion, Pruning, Situation } from "../domain/decision.ts";
import { toMicros } from "../domain/money.ts";

export interface Fates {
  readonly excluded: readonly (Exclusion | null)[];
  readonly pruned: readonly (Pruning | null)[];
}

/** The net value of every live action; NaN for one that is excluded or pruned. */
export function price({ program, scores, pacing }: Situation, { excluded, pruned }: Fates): readonly number[] {
  const perCost = program.objective.costWeight + pacing.lambda;
  const net = scores.value.slice();
  for (let i = 0; i < net.length; i++) {
    const live = excluded[i] === null && pruned[i] === null;
    net[i] = live ? netValue(net[i] as number, scores.cost[i] as number, perCost) : NaN;
  }
  return net;
}

/** V − (w + λ)·k, for `perCost` = w + λ; to the micro. */
export function netValue(value: number, cost: number, perCost: number): number {
  return toMicros(value - perCost * chargedCost(cost));
}

/** V/k: ∞ for a free lunch, NaN where nothing is gained for nothing (`no_offer`). */
export function efficiencyOf(value: number, cost: number): number {
  const charged = chargedCost(cost);
  if (charged === 0) return value > 0 ? Infinity : NaN;
  return value / charged;
}

/** What a predicted cost is charged as: never less than nothing. */
function chargedCost(cost: number): number {
  return cost < 0 ? 0 : cost;
}
