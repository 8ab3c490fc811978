/** What the users of a program may be offered, and what it is worth: its model's scores behind its gates. */
import type { UserOptions } from "../core/allocation/arrange.ts";
import { checkEligibility } from "../core/decision/check-eligibility.ts";
import { prune } from "../core/decision/prune.ts";
import type { Arm } from "../core/domain/decision.ts";
import type { Program } from "../core/domain/program.ts";
import { LiftgateError } from "../core/errors.ts";
import type { AdmittedRequest } from "./admit.ts";
import { situationAt } from "./decide-now.ts";
import { WITHOUT_BUDGET } from "./funds.ts";
import { type Gathered, gather } from "./gather.ts";
import { type GivenFeatures, withGiven } from "./given-features.ts";
import type { PastOffers } from "./past-offers.ts";
import type { UserReader } from "./read-user.ts";

const MICROS = 1e6;

export interface UserToOffer {
  readonly userId: string;
  /** What is randomized: the user, or their cluster. */
  readonly unit: string;
  readonly clusterId: string | null;
  readonly given: GivenFeatures;
}

export interface ArmOptions extends UserOptions {
  readonly arm: Arm;
}

/**
 * The options of each user, in order; an option's action is its place among the program's paid actions. Only
 * units of the policy arm of a live program have any: the holdout never gets an offer, and what the evaluation arm
 * gets must be drawn, not chosen. All gates of a decision hold, caps among them, and what is not worth an offer there is none
 * here.
 *
 * @throws LiftgateError `unknown_feature`, `invalid_feature`; `feature_store_unavailable` and `model_failed`,
 * as nobody is to be left out for want of an answer
 */
export function optionsOfUsers(
  services: UserReader,
  program: Program,
  users: readonly UserToOffer[],
  readPast: (request: AdmittedRequest) => Promise<PastOffers>,
): Promise<readonly ArmOptions[]> {
  return Promise.all(
    users.map(async ({ userId, unit, clusterId, given }) => {
      const features = withGiven(services, given);
      const about = { program, requestId: unit, window: null, userId, unit, clusterId };
      const request = { ...about, context: {}, requested: null, features: {} };
      const gathered = await gather({ ...services, features }, request, () => readPast(request));
      requireScores(gathered);
      const { arm } = gathered.prepared.draws;
      const mayOffer = arm === "policy" && program.state === "live";
      return { userId, arm, options: mayOffer ? liveOptions(gathered) : [] };
    }),
  );
}

/** The places, from 0, of the program's paid actions, as options name them. */
export function paidActions({ actions }: Program): readonly string[] {
  return actions.slice(1).map(({ id }) => id);
}

/** The paid actions of each of the program's channels. */
export function channelsOf({ actions }: Program): Readonly<Record<string, readonly string[]>> {
  const byChannel = Map.groupBy(actions.slice(1), ({ channel }) => channel);
  return Object.fromEntries(
    [...byChannel].flatMap(([channel, group]) => (channel === null ? [] : [[channel, group.map(({ id }) => id)]])),
  );
}

function requireScores({ status, model }: Gathered): void {
  if (status === "safe_default") throw new LiftgateError(model === null ? "feature_store_unavailable" : "model_failed");
  if (status === "degraded_model") throw new LiftgateError("model_failed");
}

function liveOptions({ prepared }: Gathered): UserOptions["options"] {
  // The allocation has a budget and prices of its own.
  const situation = situationAt(prepared, WITHOUT_BUDGET);
  const { program, scores } = situation;
  const excluded = checkEligibility(situation);
  const pruned = prune(situation, excluded);
  return program.actions.flatMap((_, i) => {
    const value = scores.value[i] ?? NaN;
    const cost = scores.cost[i] ?? NaN;
    const live = i > 0 && excluded[i] === null && pruned[i] === null && Number.isFinite(value + cost);
    return live
      ? [{ action: i - 1, valueMicros: Math.round(value * MICROS), costMicros: Math.round(cost * MICROS) }]
      : [];
  });
}
