/**
 * The distribution of the action, inside the unit's arm and marginally over the arms.
 *
 *   holdout      all mass on no_offer
 *   evaluation   uniform over the feasible actions and no_offer, whatever the model says
 *   policy       the program's exploration strategy over the actions that survived pruning
 *
 *   marginal  π(a|x) = Σ_arm share_arm · p_arm(a)
 *
 * Arms are independent of the user's features (salted hashes of the unit), so π is the exact
 * probability that a user in this situation gets the action: the propensity that is logged.
 */
import type { Arm, Exclusion, Pruning, Situation } from "../domain/decision.ts";
import type { Action, Program } from "../domain/program.ts";
import { explore, type LiveAction } from "./explore.ts";

export interface Fates {
  readonly excluded: readonly (Exclusion | null)[];
  readonly pruned: readonly (Pruning | null)[];
  readonly net: readonly number[];
}

export interface Distribution {
  readonly inArm: readonly number[];
  readonly marginal: readonly number[];
  readonly armShare: number;
}

export function distributionOver(situation: Situation, fates: Fates): Distribution {
  const { program, draws } = situation;
  const shares = armShares(program);
  const feasible = fates.excluded.reduce((count, reason) => (reason === null ? count + 1 : count), 0);
  const policy = policyVector(situation, fates, feasible);
  // With nothing but no_offer left all arms agree, and the answer is certain: exactly 1, not a rounded sum.
  if (feasible === 1) return { inArm: policy, marginal: policy, armShare: shares[draws.arm] };

  const uniform = 1 / feasible;
  const evaluation = fates.excluded.map((reason) => (reason === null ? uniform : 0));
  const marginal = policy.map((p, i) => {
    const outsidePolicy = shares.evaluation * (evaluation[i] as number) + (i === 0 ? shares.holdout : 0);
    return shares.policy * p + outsidePolicy;
  });
  return { inArm: vectorOf(draws.arm, evaluation, policy), marginal, armShare: shares[draws.arm] };
}

/** The three shares; they sum to 1. */
export function armShares({ holdout, evaluation }: Program): Readonly<Record<Arm, number>> {
  return { holdout: holdout.share, evaluation: evaluation.share, policy: 1 - holdout.share - evaluation.share };
}

/** With no scores (basis `explore`) the policy arm explores evenly, as the evaluation arm does. */
function policyVector(situation: Situation, fates: Fates, feasible: number): readonly number[] {
  const { program, basis } = situation;
  if (basis === "explore") return fates.excluded.map((reason) => (reason === null ? 1 / feasible : 0));
  const live = liveActions(program, fates);
  const probabilities = explore(program.exploration, live);
  const vector = new Array<number>(program.actions.length).fill(0);
  for (let i = 0; i < live.length; i++) vector[(live[i] as LiveAction).index] = probabilities[i] as number;
  return vector;
}

function liveActions(program: Program, { excluded, pruned, net }: Fates): readonly LiveAction[] {
  const live: LiveAction[] = [];
  for (let i = 0; i < program.actions.length; i++) {
    if (excluded[i] !== null || pruned[i] !== null) continue;
    live.push({ index: i, id: (program.actions[i] as Action).id, net: net[i] as number });
  }
  return live;
}

function vectorOf(arm: Arm, evaluation: readonly number[], policy: readonly number[]): readonly number[] {
  switch (arm) {
    case "holdout":
      return policy.map((_, i) => (i === 0 ? 1 : 0));
    case "evaluation":
      return evaluation;
    case "policy":
      return policy;
    default:
      return arm satisfies never;
  }
}
