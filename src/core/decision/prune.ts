/**
 * Which actions are not economic for this user, and why: the first rule that fails.
 *
 *   unpriced                   V, σ or c is not a finite number
 *   no_value                   V ≤ 0
 *   not_credible               V − z·σ ≤ 0
 *   too_expensive              c > maxCost
 *   inefficient                c/V > maxCostPerValue
 *   below_marginal_efficiency  V/k < minEfficiency
 *
 * An excluded action has met its fate already. Without scores (basis `explore`) there is nothing to
 * judge by and nothing is pruned.
 */
import type { Exclusion, Pruning, Situation } from "../domain/decision.ts";
import type { Action } from "../domain/program.ts";
import { efficiencyOf } from "./price.ts";

export function prune(situation: Situation, excluded: readonly (Exclusion | null)[]): readonly (Pruning | null)[] {
  const { program, basis } = situation;
  const pruned = new Array<Pruning | null>(program.actions.length).fill(null);
  if (basis === "explore") return pruned;
  for (let i = 1; i < pruned.length; i++) if (excluded[i] === null) pruned[i] = reasonFor(situation, i);
  return pruned;
}

function reasonFor({ program, scores }: Situation, i: number): Pruning | null {
  const { confidenceZ, maxCostPerValue, minEfficiency } = program.guardrails;
  const { maxCost } = program.actions[i] as Action;
  const value = scores.value[i] as number;
  const std = scores.valueStd[i] as number;
  const cost = scores.cost[i] as number;
  if (!Number.isFinite(value + std + cost)) return "unpriced";
  if (value <= 0) return "no_value";
  if (value - confidenceZ * std <= 0) return "not_credible";
  if (cost > maxCost) return "too_expensive";
  if (cost / value > maxCostPerValue) return "inefficient";
  if (efficiencyOf(value, cost) < minEfficiency) return "below_marginal_efficiency";
  return null;
}
