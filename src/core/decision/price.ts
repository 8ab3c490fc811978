/**
 * What each action is worth to the objective at today's prices.
 *
 *   net = V − (w + λ)·k        w = 1 to maximize profit, 0 to maximize value; λ ≥ 0 the shadow price
 *   e   = V / k                 value per incremental cost; ∞ for a free lunch (V > 0, k ≤ 0)
 *
 * A cost that is predicted below zero is charged as zero: k = max(c, 0). Uplift models do predict
 * small negative costs, and crediting them would let noise pay for itself.
 */
import type { Situation } from "../domain/decision.ts";

export interface Priced {
  readonly net: readonly number[];
  readonly efficiency: readonly number[];
}

export function price({ program, scores, pacing }: Situation): Priced {
  const perCost = program.objective.costWeight + pacing.lambda;
  const net: number[] = [];
  const efficiency: number[] = [];
  for (let i = 0; i < program.actions.length; i++) {
    const value = scores.value[i] as number;
    const charged = chargedCost(scores.cost[i] as number);
    net.push(value - perCost * charged);
    efficiency.push(efficiencyOf(value, charged));
  }
  return { net, efficiency };
}

/** What a predicted cost is charged as: never less than nothing. */
export function chargedCost(cost: number): number {
  return cost < 0 ? 0 : cost;
}

/** V/k without ever dividing by zero. */
export function efficiencyOf(value: number, charged: number): number {
  if (charged > 0) return value / charged;
  return value > 0 ? Infinity : 0;
}
