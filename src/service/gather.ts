/**
 * Gather: everything known about one request, as the situation the core decides on; but for prices and money,
 * which are looked at when deciding.
 *
 * Trouble outside (store, model) never throws from here: it becomes a status and withholds paid
 * actions BEFORE the draw, so that the logged propensity stays true. Unknown means: do not spend.
 */
import { actionDraw, assignArm, windowKey } from "../core/decision/luck.ts";
import { noScores, scoresFromPriors, scoresInMoney } from "../core/decision/score.ts";
import type { Basis, Exclusion, Scores, Situation, Status } from "../core/domain/decision.ts";
import type { Program } from "../core/domain/program.ts";
import type { DecisionRecord, RecordedFeatures } from "../core/domain/record.ts";
import { type ErrorCode, LiftgateError } from "../core/errors.ts";
import type { AdmittedRequest } from "./admit.ts";
import { NO_PAST, type PastOffers } from "./past-offers.ts";
import { type KnownUser, readUser, type UserReader } from "./read-user.ts";

/** The situation but for what is only known at the moment of deciding: prices, and what may be spent. */
export type Prepared = Omit<Situation, "pacing" | "availableMicros" | "explorationMicros">;

export interface Gathered {
  readonly prepared: Prepared;
  readonly past: PastOffers;
  readonly status: Status;
  readonly model: DecisionRecord["model"];
  readonly features: RecordedFeatures | null;
}

/** What the scores are, or why there are none. */
interface Evidence {
  readonly status: Status;
  readonly basis: Basis;
  readonly withheld: Exclusion | null;
  readonly scores: Scores;
}

/** What a decision survives when a user is read. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "feature_store_unavailable",
  "cap_store_unavailable",
  "model_failed",
]);

/** @param readPast what was offered to the user before; asked on the turn that reads their features */
export async function gather(
  services: UserReader,
  request: AdmittedRequest,
  readPast: () => Promise<PastOffers>,
): Promise<Gathered> {
  const { program } = request;
  if (program.state === "paused") return blind(request, "paused", "paused");
  const startedMs = services.monotonicMs();
  let user: KnownUser;
  let past: PastOffers;
  try {
    [user, past] = await Promise.all([readUser(services, request), readPast()]);
  } catch (error) {
    if (!(error instanceof LiftgateError && OUTAGES.has(error.code))) throw error;
    services.metrics.trouble(error.code);
    return blind(request, "safe_default", "unavailable");
  } finally {
    services.metrics.stage("gather", services.monotonicMs() - startedMs);
  }
  const evidence = await judge(services, program, user);
  return {
    prepared: preparedFor(request, { ...evidence, closed: past.closed }, user.facts),
    past,
    status: evidence.status,
    model: { name: user.model.name, version: user.model.version, digest: user.model.digest },
    features: user.recorded,
  };
}

/** Nothing could or should be looked at: no paid action, with certainty. */
function blind(request: AdmittedRequest, status: Status, withheld: Exclusion): Gathered {
  const nothing = { basis: "model", withheld, scores: noScores(request.program), closed: null } as const;
  return { prepared: preparedFor(request, nothing, {}), past: NO_PAST, status, model: null, features: null };
}

async function judge(services: UserReader, program: Program, user: KnownUser): Promise<Evidence> {
  if (user.row === null) return coldStart(program);
  const startedMs = services.monotonicMs();
  try {
    const raw = await user.model.score(user.row);
    return {
      status: user.complete ? "normal" : "degraded_features",
      basis: "model",
      withheld: null,
      scores: scoresInMoney(program, user.model.outputs, raw),
    };
  } catch (error) {
    if (!(error instanceof LiftgateError)) throw error;
    services.metrics.trouble(error.code);
    return { status: "degraded_model", basis: "model", withheld: "unavailable", scores: noScores(program) };
  } finally {
    services.metrics.stage("score", services.monotonicMs() - startedMs);
  }
}

/** A user nothing usable is known about gets what the program declares for that case. */
function coldStart(program: Program): Evidence {
  const status = "degraded_features";
  const scores = noScores(program);
  switch (program.features.coldStart) {
    case "no_offer":
      return { status, basis: "model", withheld: "cold_start", scores };
    case "explore":
      return { status, basis: "explore", withheld: null, scores };
    case "prior":
      return { status, basis: "prior", withheld: null, scores: scoresFromPriors(program) };
    default:
      return program.features.coldStart satisfies never;
  }
}

type Known = Pick<Situation, "basis" | "withheld" | "scores" | "closed">;

function preparedFor(request: AdmittedRequest, known: Known, features: Situation["facts"]["features"]): Prepared {
  const { program, unit, requestId, window, requested, context } = request;
  const decisionKey = window === null ? requestId : windowKey(window);
  return {
    program,
    mode: program.state,
    facts: { features, context },
    requested,
    withheld: known.withheld,
    basis: known.basis,
    scores: known.scores,
    closed: known.closed,
    draws: { arm: assignArm(program, unit), action: actionDraw(program, unit, decisionKey) },
  };
}
