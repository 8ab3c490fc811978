/**
 * One request, from admission to answer: gather → decide → tell.
 *
 * The record is in the decision log before the answer exists, and the answer is a function of the
 * record: what the caller was told and what was logged cannot differ.
 */
import type { DecideAnswer, DecideRequest } from "../contract/decide.ts";
import { decide } from "../core/decision/decide.ts";
import { recordOf } from "../core/decision/record.ts";
import { admit } from "./admit.ts";
import { answerOf } from "./answer.ts";
import { gather } from "./gather.ts";
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
  const decision = decide(gathered.situation);
  const decidedMs = monotonicMs();
  metrics.stage("decide", decidedMs - decidingMs);

  const timeMs = services.nowMs();
  const record = recordOf(gathered.situation, decision, {
    decisionId: services.newId(),
    requestId: request.requestId,
    time: new Date(timeMs).toISOString(),
    status: gathered.status,
    user: services.pseudonym(request.userId),
    unit: services.pseudonym(request.unit),
    model: gathered.model,
    features: gathered.features,
    override: null,
    reservation: null,
    active: [],
    latencyMs: Math.round((decidedMs - startedMs) * 1_000) / 1_000,
  });
  await services.log.append(JSON.stringify(record));

  const finishedMs = monotonicMs();
  metrics.stage("log", finishedMs - decidedMs);
  metrics.stage("total", finishedMs - startedMs);
  metrics.decided(record);
  return answerOf(record, request, { timeMs, style: body.explain === true ? "explained" : "plain" });
}
