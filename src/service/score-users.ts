/** Scores without deciding: what every action is worth to these users, at today's prices. */
import type { ScoreAnswer, ScoreRequest } from "../contract/bulk.ts";
import { efficiencyOf, inPeriodCost, price } from "../core/decision/price.ts";
import type { Situation } from "../core/domain/decision.ts";
import type { Action, Program } from "../core/domain/program.ts";
import { type InputFault, LiftgateError } from "../core/errors.ts";
import { encodeRow } from "../core/features/encode.ts";
import { nulls } from "../core/numerics/vector.ts";
import type { FeatureRead, FeatureStore, OfferHistory } from "../core/ports.ts";
import { findProgram } from "./admit.ts";
import { situationAt } from "./decide-now.ts";
import { gather } from "./gather.ts";
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
  const program = { ...findProgram(services, programId), state: "live" as const, caps: [] };
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
  const features = withGiven(services, user, path);
  const unit = userId ?? "scored";
  const request = {
    program,
    requestId: unit,
    userId: unit,
    unit,
    clusterId: null,
    context: {},
    requested: null,
    features: {},
  };
  const gathered = await gather({ ...services, features, offers: NO_HISTORIES }, request);
  return {
    ...(userId !== undefined && { userId }),
    status: gathered.status,
    model: gathered.model === null ? null : { name: gathered.model.name, version: gathered.model.version },
    missing: [...(gathered.features?.missing ?? [])],
    scores: pairScores(situationAt(gathered.prepared, services.funds.at(program))),
  };
}

/** What a pair is worth does not depend on what was offered before. */
const NO_HISTORIES: Pick<OfferHistory, "read"> = {
  read: async (subjects) => subjects.map(() => ({ kind: "found", offers: [] })),
};

/** The store as this user is to be seen: with the given values, if any, over what it holds. */
function withGiven(services: DecisionServices, user: UserToScore, path: string): Pick<FeatureStore, "read"> {
  const given = user.features;
  if (given === undefined) return services.features;
  const known = new Set<string>();
  return {
    read: async (userId, contracts) => {
      const stored = "userId" in user ? await services.features.read(userId, contracts) : [];
      const reads = contracts.map((contract, i): FeatureRead => {
        const row = stored[i];
        const { values, unknown, faults } = encodeRow(
          contract,
          given,
          row?.kind === "found" ? { base: row.values } : {},
        );
        if (faults.length > 0) throw new LiftgateError("invalid_feature", undefined, faults.map(at(path)));
        for (const name of Object.keys(given)) if (!unknown.includes(name)) known.add(name);
        return { kind: "found", observedAtMs: services.nowMs(), values };
      });
      const strangers = Object.keys(given).filter((name) => !known.has(name));
      if (strangers.length > 0) throw new LiftgateError("unknown_feature", undefined, strangers.map(unknownAt(path)));
      return reads;
    },
  };
}

function at(prefix: string) {
  return ({ path, rule }: InputFault): InputFault => ({ path: `${prefix}${path}`, rule });
}

function unknownAt(prefix: string) {
  return (name: string): InputFault => ({
    path: `${prefix}${name}`,
    rule: "is not a feature of this program's models",
  });
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
      ...(i > 0 && { efficiency: finiteOrNull(efficiencyOf(value, inPeriodCost(cost, pacing, i))) }),
    };
  });
}

function finiteOrNull(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
