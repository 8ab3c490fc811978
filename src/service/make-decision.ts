/**
 * One request, from admission to answer: gather → decide → tell.
 *
 * The record is in the decision log before the answer exists, and the answer is a function of the
 * record: what the caller was told and what was logged cannot differ.
 */
import type { DecideAnswer, DecideRequest } from "../contract/decide.ts";
import { recordOf } from "../core/decision/record.ts";
import { NO_OFFER } from "../core/domain/program.ts";
import type { DecisionRecord, Override } from "../core/domain/record.ts";
import { invariant } from "../core/errors.ts";
import { type AdmittedRequest, admit } from "./admit.ts";
import { answerOf } from "./answer.ts";
import { type Decided, decideNow } from "./decide-now.ts";
import { addOffer, readPastOffers, takeBackOffer } from "./past-offers.ts";
import { type Gathered, gather } from "./gather.ts";
import type { DecisionServices } from "./services.ts";

/**
 * @throws LiftgateError with a 4xx code for a request that no program can decide, `log_unavailable`
 * when the decision cannot be made durable: then it was not made.
 */
export async function makeDecision(services: DecisionServices, body: DecideRequest): Promise<DecideAnswer> {
  const { metrics, monotonicMs } = services;
  const startedMs = monotonicMs();
  const request = admit(services, body);
  const gathered = await gather(services, request, () => readPastOffers(services, request));

  const decidingMs = monotonicMs();
  const decisionId = services.newId();
  const timeMs = services.nowMs();
  const moment = services.funds.at(request.program);
  const expiresAtMs = timeMs + request.program.offerTtlMs;
  const decided = decideNow(gathered.prepared, moment, { decisionId, expiresAtMs });
  const decidedMs = monotonicMs();
  metrics.stage("decide", decidedMs - decidingMs);

  const status = gathered.status === "normal" ? moment.status : gathered.status;
  const latencyMs = Math.round((decidedMs - startedMs) * 1_000) / 1_000;
  const made = { ...gathered, ...decided, decisionId, timeMs, expiresAtMs, status, latencyMs };
  const record = await tell(services, request, made);

  const finishedMs = monotonicMs();
  metrics.stage("log", finishedMs - decidedMs);
  metrics.stage("total", finishedMs - startedMs);
  metrics.decided(record);
  return answerOf(record, request, { timeMs, style: body.explain === true ? "explained" : "plain" });
}

interface Made extends Omit<Gathered, "prepared">, Decided {
  readonly decisionId: string;
  readonly timeMs: number;
  readonly expiresAtMs: number;
  readonly latencyMs: number;
}

/**
 * Adds the offer to the user's history and makes the decision durable. What was taken for it, money and a place
 * under the caps, is kept with it, or there again when it was not made.
 */
async function tell(services: DecisionServices, request: AdmittedRequest, made: Made): Promise<DecisionRecord> {
  const { hold, past, decisionId } = made;
  try {
    const override = await giveOffer(services, request, made);
    const record = recordMade(services, request, { ...made, override });
    await services.log.append(JSON.stringify(record));
    if (override === null) hold.keep();
    else hold.release();
    return record;
  } catch (error) {
    hold.release();
    await takeBackOffer(services, request, past, decisionId);
    throw error;
  }
}

/** Adds what was drawn to the user's history, unless it is nothing; why it may not be given after all, or null. */
async function giveOffer(services: DecisionServices, request: AdmittedRequest, made: Made): Promise<Override | null> {
  const { situation, decision, past, decisionId, timeMs, expiresAtMs } = made;
  const action = situation.program.actions[decision.chosen];
  invariant(action !== undefined, "the chosen action is one of the program's");
  if (action.id === NO_OFFER) return null;
  return await addOffer(services, request, past, { decisionId, action, decidedAtMs: timeMs, expiresAtMs });
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
    time: new Date(made.timeMs).toISOString(),
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
