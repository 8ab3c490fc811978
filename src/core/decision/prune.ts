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
 * Every rule is judged, also after one that failed: which one fails is close to chance, and a branch the
 * processor mispredicts costs more than the arithmetic of all of them.
 *
 * An excluded action has met its fate already. Without scores (basis `explore`) there is nothing to
 * judge by and nothing is pruned.
 */
import { type Exclusion, type Pruning, PRUNINGS, type Situation } from "../domain/decision.ts";
import { dueCost } from "../domain/due-cost.ts";
import type { Action } from "../domain/program.ts";
import { nulls } from "../numerics/vector.ts";
import { efficiencyOf } from "./price.ts";

/** The fate of an action, by how many rules it passes before one fails. */
const FATES: readonly (Pruning | null)[] = [...PRUNINGS, null];

export function prune(
  { program, basis, scores, pacing }: Situation,
  excluded: readonly (Exclusion | null)[],
): readonly (Pruning | null)[] {
  const { confidenceZ, maxCostPerValue, minEfficiency } = program.guardrails;
  const actions = excluded.length;
  if (basis === "explore") return nulls(actions);
  const pruned: (Pruning | null)[] = nulls(actions).slice();
  // What has passed the rules before has V > 0 and k ≥ 0: its efficiency is not below 0.
  const anyEfficiency = minEfficiency <= 0;
  for (let i = 1; i < actions; i++) {
    if (excluded[i] !== null) continue;
    const { maxCost } = program.actions[i] as Action;
    const value = scores.value[i] as number;
    const std = scores.valueStd[i] as number;
    const cost = scores.cost[i] as number;
    // 1 while all rules so far hold, 0 from the first that fails.
    const priced = Number(Number.isFinite(value + std + cost));
    const valuable = priced & Number(value > 0);
    const credible = valuable & Number(value - confidenceZ * std > 0);
    const affordable = credible & Number(cost <= maxCost);
    const efficient = affordable & Number(cost / value <= maxCostPerValue);
    const marginallyEfficient =
      efficient & Number(anyEfficiency || efficiencyOf(value, dueCost(cost, pacing, i)) >= minEfficiency);
    const passed = priced + valuable + credible + affordable + efficient + marginallyEfficient;
    pruned[i] = FATES[passed] as Pruning | null;
  }
  return pruned;
}
