/**
 * One request, from admission to answer: gather → decide → tell.
 *
 * The record is in the decision log before the answer exists, and the answer is a function of the
 * record: what the caller was told and what was logged cannot differ.
 */
import type { DecideAnswer, DecideRequest } from "../contract/decide.ts";
import { recordOf } from "../core/decision/record.ts";
import type { DecisionRecord } from "../core/domain/record.ts";
import { type AdmittedRequest, admit } from "./admit.ts";
import { answerOf } from "./answer.ts";
import { type Decided, decideNow } from "./decide-now.ts";
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
  const gathered = await gather(services, request);

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
  const record = await tell(services, request, { ...gathered, ...decided, decisionId, timeMs, status, latencyMs });

  const finishedMs = monotonicMs();
  metrics.stage("log", finishedMs - decidedMs);
  metrics.stage("total", finishedMs - startedMs);
  metrics.decided(record);
  return answerOf(record, request, { timeMs, style: body.explain === true ? "explained" : "plain" });
}

interface Made extends Omit<Gathered, "prepared">, Decided {
  readonly decisionId: string;
  readonly timeMs: number;
  readonly latencyMs: number;
}

/** Makes the decision durable; the money it took is kept for it, or there again when it was not made. */
async function tell(services: DecisionServices, request: AdmittedRequest, made: Made): Promise<DecisionRecord> {
  const { situation, decision, hold } = made;
  const record = recordOf(situation, decision, {
    decisionId: made.decisionId,
    requestId: request.requestId,
    time: new Date(made.timeMs).toISOString(),
    status: made.status,
    user: services.pseudonym(request.userId),
    unit: services.pseudonym(request.unit),
    model: made.model,
    features: made.features,
    override: null,
    reservation: hold.reservation,
    active: [],
    latencyMs: made.latencyMs,
  });
  try {
    await services.log.append(JSON.stringify(record));
  } catch (error) {
    hold.release();
    throw error;
  }
  hold.keep();
  return record;
}
