/**
 * The distribution of the action, inside the unit's arm and marginally over the arms.
 *
 *   holdout      all mass on no_offer
 *   evaluation   p(a) = t_a / Σ t over the feasible actions and no_offer, whatever the model says; t is the
 *                program's table, or 1 for all
 *   policy       the program's exploration strategy over the actions that survived pruning; greedy where the money
 *                set aside for exploration is spent
 *
 * In `log-only` nothing is ever offered: no_offer is certain in all arms, whatever would have been drawn.
 *
 *   marginal  π(a|x) = Σ_arm share_arm · p_arm(a)
 *
 * Arms are independent of the user's features (salted hashes of the unit), so π is the exact
 * probability that a user in this situation gets the action: the propensity that is logged.
 */
import type { Arm, Decision, Exclusion, Situation } from "../domain/decision.ts";
import type { Program } from "../domain/program.ts";
import { type Alternatives, alternativesOf } from "./alternatives.ts";
import { exploringOf } from "./exploration-money.ts";
import { explore, greedy } from "./explore.ts";

export type Distribution = Pick<Decision, "best" | "exploring" | "inArm" | "marginal" | "armShare">;

/** Which actions may be offered, and their net; −∞ where not live. */
type Priced = Pick<Decision, "excluded" | "net">;

export function distributionOver(situation: Situation, { excluded, net }: Priced): Distribution {
  const { program, draws } = situation;
  const shares = armShares(program);
  const armShare = shares[draws.arm];
  const each = 1 / countFeasible(excluded);
  // With nothing but no_offer left, or to give, all arms agree, and the answer is certain: exactly 1, no rounded sum.
  if (each === 1 || situation.mode === "log-only") return certainly(situation, net, armShare);

  const alternatives = alternativesOf(program.actions, net);
  const { best } = alternatives;
  const exploring = exploringOf(situation, { net, best, excluded });
  const policy = exploring === "spent" ? greedy(alternatives) : policyOver(situation, alternatives, excluded);
  const { table } = program.evaluation;
  const evaluation = table === null ? evenly(excluded, each) : byTable(excluded, table);
  const marginal = policy.slice();
  for (let i = 0; i < marginal.length; i++) {
    marginal[i] = shares.policy * (policy[i] as number) + shares.evaluation * (evaluation[i] as number);
  }
  marginal[0] = (marginal[0] as number) + shares.holdout;
  return { best, exploring, inArm: vectorOf(draws.arm, { policy, evaluation }), marginal, armShare };
}

/** All mass on `no_offer`. */
function certainly({ program, explorationMicros }: Situation, net: readonly number[], armShare: number): Distribution {
  const { best } = alternativesOf(program.actions, net);
  const certain = net.map((_, i) => (i === 0 ? 1 : 0));
  return { best, exploring: explorationMicros === null ? null : "open", inArm: certain, marginal: certain, armShare };
}

/** Without scores there is nothing to exploit: all that is feasible is as likely. */
function policyOver(
  situation: Situation,
  alternatives: Alternatives,
  excluded: readonly (Exclusion | null)[],
): readonly number[] {
  if (situation.basis === "explore") return evenly(excluded, 1 / countFeasible(excluded));
  return explore(situation, alternatives);
}

/** The three shares; they sum to 1. */
export function armShares({ holdout, evaluation }: Program): Readonly<Record<Arm, number>> {
  return { holdout: holdout.share, evaluation: evaluation.share, policy: 1 - holdout.share - evaluation.share };
}

function countFeasible(excluded: readonly (Exclusion | null)[]): number {
  let feasible = 0;
  for (let i = 0; i < excluded.length; i++) if (excluded[i] === null) feasible += 1;
  return feasible;
}

function evenly(excluded: readonly (Exclusion | null)[], each: number): readonly number[] {
  const actions = excluded.length;
  const vector = new Array<number>(actions);
  for (let i = 0; i < actions; i++) vector[i] = excluded[i] === null ? each : 0;
  return vector;
}

/** The weights of the feasible actions, which sum to more than 0: `no_offer` is one of them. */
function byTable(excluded: readonly (Exclusion | null)[], table: readonly number[]): readonly number[] {
  const weights = table.map((weight, i) => (excluded[i] === null ? weight : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function vectorOf(
  arm: Arm,
  { policy, evaluation }: Readonly<Record<"policy" | "evaluation", readonly number[]>>,
): readonly number[] {
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
