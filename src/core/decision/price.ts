/**
 * What each action is worth to the objective at today's prices.
 *
 *   k   = max(c, 0) · inPeriod        the cost that falls due in this period
 *   net = V − (w + λ)·k − Σ_j μ_j     w = 1 to maximize profit, 0 to maximize value; λ ≥ 0 the shadow price
 *                                     of the budget, μ_j ≥ 0 those of the volumes an offer counts against
 *   e   = V / k                       value per incremental cost; ∞ for a free lunch (V > 0, k ≤ 0)
 *
 * A cost that is predicted below zero is charged as zero. Uplift models do predict small negative costs,
 * and crediting them would let noise pay for itself.
 */
import type { Decision, Pacing, Situation } from "../domain/decision.ts";
import { toMicros } from "../domain/money.ts";
import { dueCost } from "../domain/due-cost.ts";
import type { Program } from "../domain/program.ts";
import { volumePriceOf } from "../domain/resource.ts";

/** What an action that is not live (0) or live (1) starts from: looked up, as a branch would be mispredicted. */
const HANDICAPS = [-Infinity, 0];

/** The net value of every action; −∞ for one that is not live (excluded or pruned) or has no score. */
export function price({ program, scores, pacing }: Situation, { excluded, pruned }: Gated): readonly number[] {
  const { value, cost } = scores;
  const perCost = pricePerCost(program, pacing);
  const surcharges = surchargesOf(program, pacing);
  const net = value.slice();
  for (let i = 0; i < net.length; i++) {
    const live = Number(excluded[i] === null) & Number(pruned[i] === null);
    const due = dueCost(cost[i] as number, pacing, i);
    const worth = toMicros(
      (value[i] as number) - perCost * due - (surcharges === null ? 0 : (surcharges[i] as number)),
    );
    net[i] = Number.isNaN(worth) ? -Infinity : worth + (HANDICAPS[live] as number);
  }
  return net;
}

/** Per action: why it may not be offered, and why it is not economic. */
type Gated = Pick<Decision, "excluded" | "pruned">;

/** w + λ. */
export function pricePerCost({ objective }: Program, { lambda }: Pacing): number {
  return objective.costWeight + lambda;
}

/** Σ_j μ_j per action; null while no volume limit binds. */
export function surchargesOf({ actions }: Program, { mu }: Pacing): readonly number[] | null {
  for (const _ in mu) return actions.map((action) => volumePriceOf(action, mu));
  return null;
}

/** V/k for k ≥ 0: ∞ for a free lunch, −∞ for a loss that costs nothing, NaN for nothing for nothing (`no_offer`). */
export function efficiencyOf(value: number, due: number): number {
  // `+ 0` turns −0 into 0, so that a free lunch is worth +∞ at a cost of −0, too.
  return value / (due + 0);
}
