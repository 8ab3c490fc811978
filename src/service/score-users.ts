/** Scores without deciding: what every action is worth to these users, at today's prices. */
import type { ScoreAnswer, ScoreRequest } from "../contract/bulk.ts";
import { efficiencyOf, price } from "../core/decision/price.ts";
import { dueCost } from "../core/domain/due-cost.ts";
import type { Situation } from "../core/domain/decision.ts";
import type { Action, Program } from "../core/domain/program.ts";
import { nulls } from "../core/numerics/vector.ts";
import { findProgram } from "./admit.ts";
import { situationAt } from "./decide-now.ts";
import { gather } from "./gather.ts";
import { nobodysPast } from "./past-offers.ts";
import { withGiven } from "./given-features.ts";
import type { DecisionServices } from "./services.ts";

type UserToScore = ScoreRequest["users"][number];
type UserScore = ScoreAnswer["results"][number];

/**
 * Scores each user from the store, from the features given, or from the store with the given ones
 * over it. Nothing is decided and nothing is logged.
 *
 * @throws LiftgateError `unknown_program`, `unknown_feature`, `invalid_feature`
 */
export async function scoreUsers(services: DecisionServices, { programId, users }: ScoreRequest): Promise<ScoreAnswer> {
  const program = { ...findProgram(services, programId), state: "live" as const };
  const results = await Promise.all(
    users.map((user, i) => scoreUser(services, program, user, `users[${i}].features.`)),
  );
  return { results };
}

async function scoreUser(
  services: DecisionServices,
  program: Program,
  user: UserToScore,
  path: string,
): Promise<UserScore> {
  const userId = "userId" in user ? user.userId : undefined;
  const over = userId === undefined ? "nothing" : "stored";
  const features = withGiven(services, { values: user.features, over, path });
  const unit = userId ?? "scored";
  const request = {
    program,
    requestId: unit,
    window: null,
    userId: unit,
    unit,
    clusterId: null,
    context: {},
    requested: null,
    features: {},
  };
  const gathered = await gather({ ...services, features }, request, nobodysPast);
  return {
    ...(userId !== undefined && { userId }),
    status: gathered.status,
    model: gathered.model === null ? null : { name: gathered.model.name, version: gathered.model.version },
    missing: [...(gathered.features?.missing ?? [])],
    scores: pairScores(situationAt(gathered.prepared, services.funds.at(program))),
  };
}

function pairScores(situation: Situation): UserScore["scores"] {
  const { program, scores, pacing } = situation;
  const all = nulls(program.actions.length);
  const net = price(situation, { excluded: all, pruned: all });
  return program.actions.map(({ id }: Action, i) => {
    const value = scores.value[i] ?? NaN;
    const cost = scores.cost[i] ?? NaN;
    return {
      action: id,
      value: finiteOrNull(value),
      cost: finiteOrNull(cost),
      net: finiteOrNull(net[i] ?? NaN),
      ...(i > 0 && { valueStd: finiteOrNull(scores.valueStd[i] ?? NaN) }),
      ...(i > 0 && { efficiency: finiteOrNull(efficiencyOf(value, dueCost(cost, pacing, i))) }),
    };
  });
}

function finiteOrNull(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
