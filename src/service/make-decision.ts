/**
 * One request, from admission to answer: gather → decide → tell.
 *
 * The record is in the decision log before the answer exists, and the answer is a function of the
 * record: what the caller was told and what was logged cannot differ.
 */
import type { DecideAnswer, DecideRequest } from "../contract/decide.ts";
import { recordOf } from "../core/decision/record.ts";
import { NO_OFFER } from "../core/domain/program.ts";
import type { DecisionRecord, Override, RecordedQuestion } from "../core/domain/record.ts";
import { invariant } from "../core/errors.ts";
import { type AdmittedRequest, admit } from "./admit.ts";
import { answerOf, askerOf } from "./answers/answer.ts";
import { type Decided, decideNow } from "./decide-now.ts";
import { type Gathered, gather } from "./gather.ts";
import { momentOf } from "./funds.ts";
import { OfferPlace } from "./offer-place.ts";
import { Shadows } from "./shadows.ts";
import type { DecisionServices } from "./services.ts";

/** What a decision answers, and what must be had before it is made. */
export interface Asking {
  /** Null: nobody can ask it again. */
  readonly question: RecordedQuestion | null;
  /** Called in the turn in which the user is read. When one throws nothing is decided. */
  readonly claims: readonly (() => Promise<unknown>)[];
}

/**
 * @throws LiftgateError with a 4xx code for a request that no program can decide, `log_unavailable`
 * when the decision cannot be made durable: then it was not made.
 */
export async function makeDecision(
  services: DecisionServices,
  body: DecideRequest,
  { question, claims }: Asking,
): Promise<DecideAnswer> {
  const startedMs = services.monotonicMs();
  const request = admit(services, body);
  const decisionId = services.newId();
  const place = new OfferPlace(services, request, decisionId);
  const record = await settled(
    place,
    decideFrom(services, request, { decisionId, question, claims, place, startedMs }),
  );
  services.metrics.stage("total", services.monotonicMs() - startedMs);
  services.metrics.decided(record);
  return answerOf(record, askerOf(body));
}

/** The answer of a decision that was made before; null where the log does not have it any more. */
export async function answerAgain(
  { log }: Pick<DecisionServices, "log">,
  decisionId: string,
  body: DecideRequest,
): Promise<DecideAnswer | null> {
  const line = await log.find(decisionId);
  return line === null ? null : answerOf(JSON.parse(line) as DecisionRecord, askerOf(body));
}

/** The outcome; where there is none, nothing is offered. */
async function settled<T>(place: OfferPlace, deciding: Promise<T>): Promise<T> {
  try {
    return await deciding;
  } catch (error) {
    await place.end();
    throw error;
  }
}

/** A decision from here on: its id, what it answers, and its place under the caps. */
interface Begun {
  readonly decisionId: string;
  readonly question: RecordedQuestion | null;
  readonly claims: Asking["claims"];
  readonly place: OfferPlace;
  readonly startedMs: number;
}

interface Made extends Omit<Gathered, "prepared">, Decided {
  readonly decisionId: string;
  readonly question: RecordedQuestion | null;
  readonly place: OfferPlace;
  readonly shadows: Shadows;
  readonly timeMs: number;
  readonly expiresAtMs: number;
  readonly latencyMs: number;
}

async function decideFrom(
  services: DecisionServices,
  request: AdmittedRequest,
  { decisionId, question, claims, place, startedMs }: Begun,
): Promise<DecisionRecord> {
  const { metrics, monotonicMs } = services;
  const shadows = new Shadows(services, request);
  const past = once(() => place.take());
  const gathering = gather(services, request, past);
  await Promise.all([gathering, shadows.gather(past), ...claims.map((claim) => claim())]);
  const gathered = await gathering;

  const decidingMs = monotonicMs();
  const timeMs = services.nowMs();
  const moment = momentOf(services.funds, request.program);
  const expiresAtMs = timeMs + request.program.offerTtlMs;
  const decided = decideNow(gathered.prepared, moment, { decisionId, expiresAtMs });
  const decidedMs = monotonicMs();
  metrics.stage("decide", decidedMs - decidingMs);

  const status = gathered.status === "normal" ? moment.status : gathered.status;
  const latencyMs = Math.round((decidedMs - startedMs) * 1_000) / 1_000;
  const about = { decisionId, question, place, shadows, timeMs, expiresAtMs, status, latencyMs };
  const made = { ...gathered, ...decided, ...about };
  const record = await tell(services, request, made);
  metrics.stage("log", monotonicMs() - decidedMs);
  return record;
}

/** Makes the decision durable. The money taken for its offer is kept with it, or there again when it was not made. */
async function tell(services: DecisionServices, request: AdmittedRequest, made: Made): Promise<DecisionRecord> {
  const { hold, shadows } = made;
  try {
    const override = await givenUp(made);
    const record = recordMade(services, request, { ...made, override });
    await Promise.all([services.log.append(JSON.stringify(record)), shadows.log(record)]);
    services.logged(record);
    if (override === null) hold.keep();
    else hold.release();
    return record;
  } catch (error) {
    hold.release();
    throw error;
  }
}

/** The program and its shadows ask for one answer. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => (asked ??= ask());
}

/** The place becomes what was drawn, or goes when that is nothing; why it may not be given after all, or null. */
function givenUp({ situation, decision, place, timeMs, expiresAtMs }: Made): Promise<Override | null> | null {
  const action = situation.program.actions[decision.chosen];
  invariant(action !== undefined, "the chosen action is one of the program's");
  if (action.id !== NO_OFFER) return place.give({ action, decidedAtMs: timeMs, expiresAtMs });
  place.leave();
  return null;
}

function recordMade(
  services: DecisionServices,
  request: AdmittedRequest,
  made: Made & { readonly override: Override | null },
): DecisionRecord {
  const { situation, decision, hold, override } = made;
  return recordOf(situation, decision, {
    decisionId: made.decisionId,
    requestId: request.requestId,
    question: made.question,
    window: request.window,
    time: new Date(made.timeMs).toISOString(),
    expiresAt: new Date(made.expiresAtMs).toISOString(),
    status: made.status,
    user: services.pseudonym(request.userId),
    unit: services.pseudonym(request.unit),
    model: made.model,
    features: made.features,
    override,
    reservation: override === null ? hold.reservation : null,
    active: made.past.active,
    latencyMs: made.latencyMs,
  });
}
