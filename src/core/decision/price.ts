/**
 * What each action is worth to the objective at today's prices.
 *
 *   net = V − (w + λ)·k        w = 1 to maximize profit, 0 to maximize value; λ ≥ 0 the shadow price
 *   e   = V / k                 value per incremental cost; ∞ for a free lunch (V > 0, k ≤ 0)
 *
 * A cost that is predicted below zero is charged as zero: k = max(c, 0). Uplift models do predict
 * small negative costs, and crediting them would let noise pay for itself.
 */
import type { Decision, Situation } from "../domain/decision.ts";
import { toMicros } from "../domain/money.ts";

/** What an action that is not live (0) or live (1) starts from: looked up, as a branch would be mispredicted. */
const HANDICAPS = [-Infinity, 0];

/** The net value of every action; −∞ for one that is not live (excluded or pruned) or has no score. */
export function price({ program, scores, pacing }: Situation, { excluded, pruned }: Gated): readonly number[] {
  const { value, cost } = scores;
  const perCost = program.objective.costWeight + pacing.lambda;
  const net = value.slice();
  for (let i = 0; i < net.length; i++) {
    const live = Number(excluded[i] === null) & Number(pruned[i] === null);
    const worth = netValue(value[i] as number, cost[i] as number, perCost);
    net[i] = Number.isNaN(worth) ? -Infinity : worth + (HANDICAPS[live] as number);
  }
  return net;
}

/** Per action: why it may not be offered, and why it is not economic. */
type Gated = Pick<Decision, "excluded" | "pruned">;

/** V − (w + λ)·k, for `perCost` = w + λ; to the micro. */
export function netValue(value: number, cost: number, perCost: number): number {
  return toMicros(value - perCost * chargedCost(cost));
}

/** V/k: ∞ for a free lunch, −∞ for a loss that costs nothing, NaN for nothing for nothing (`no_offer`). */
export function efficiencyOf(value: number, cost: number): number {
  // `+ 0` turns −0 into 0, so that a free lunch is worth +∞ at a cost of −0, too.
  return value / (chargedCost(cost) + 0);
}

/** What a predicted cost is charged as: never less than nothing. */
function chargedCost(cost: number): number {
  return cost < 0 ? 0 : cost;
}
