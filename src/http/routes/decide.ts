import { z } from "zod";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { BatchAnswer, BatchRequest } from "../../contract/bulk.ts";
import { DecideAnswer, DecideRequest } from "../../contract/decide.ts";
import { Id } from "../../contract/identifiers.ts";
import { BULK_BODY_BYTES_MAX } from "../../contract/limits.ts";
import type { RecordedQuestion } from "../../core/domain/record.ts";
import { LiftgateError } from "../../core/errors.ts";
import { answerAgain, makeDecision } from "../../service/make-decision.ts";
import { questionOf } from "../../service/answers/question.ts";
import type { Claims } from "../../service/answers/sticky-answers.ts";
import { withdrawDecision } from "../../service/outcomes/withdraw-decision.ts";
import { parseBody } from "../parse.ts";
import { problemOf } from "../problem.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

const JSON_TYPE = "application/json; charset=utf-8";
const PROBLEMS = [
  "unknown_program",
  "unknown_action",
  "unknown_feature",
  "invalid_feature",
  "cluster_required",
  "shadow_program",
  "idempotency_mismatch",
  "log_unavailable",
  "answer_store_unavailable",
] as const;
const HEADER_KEY = "Idempotency-Key";
const Headers = z.object({
  [HEADER_KEY]: Id.optional().meta({ description: "Another way to write the requestId", examples: ["order-123"] }),
});

export function addDecideRoutes(app: FastifyInstance, backend: Backend): void {
  for (const url of ["/v1/decide", "/decide"]) {
    addRoute(app, {
      method: "POST",
      url,
      tag: "decisions",
      summary: url === "/decide" ? "One decision (alias of /v1/decide)" : "One decision",
      description:
        "Which action, or none, this user gets now, with its exact propensity. The decision is in the log before it is answered. A retry with the same requestId and body gets the same bytes.",
      role: "decide",
      headers: Headers,
      body: DecideRequest,
      answer: DecideAnswer,
      problems: PROBLEMS,
      handle: ({ body, request, reply }) => {
        void reply.type(JSON_TYPE);
        return decideOnce(backend, withHeaderKey(request, body), request.callerId);
      },
    });
  }
  addRoute(app, {
    method: "POST",
    url: "/v1/decide/batch",
    tag: "decisions",
    summary: "Up to 1,000 decisions, each with its own status",
    role: "decide",
    body: BatchRequest,
    bodyBytesMax: BULK_BODY_BYTES_MAX,
    answer: BatchAnswer,
    problems: PROBLEMS,
    handle: async ({ body, request, reply }) => {
      const results = await Promise.all(body.requests.map((item) => decideItem(backend, request, item)));
      return reply.type(JSON_TYPE).send(`{"results":[${results.join(",")}]}`);
    },
  });
}

/** One item's result as JSON: its answer's own bytes, or its problem. */
async function decideItem(backend: Backend, request: FastifyRequest, item: DecideRequest): Promise<string> {
  try {
    const { callerId } = request;
    return `{"status":200,"decision":${await decideOnce(backend, item, callerId)}}`;
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === "internal") request.server.operatorLog.error({ err: error }, "batch item failed");
    return JSON.stringify({ status: problem.status, problem });
  }
}

/** The answer in text: decided now, or repeated for the same requestId and question. */
function decideOnce(
  { decisions, answers, past, sticky, outcomes }: Backend,
  body: DecideRequest,
  caller: string,
): string | Promise<string> {
  const { programId: program, requestId } = body;
  const withdraw = (answer: DecideAnswer) => withdrawDecision(outcomes, answer);
  const decide = (question: RecordedQuestion | null, own: Claims) =>
    sticky.answer(body, {
      claims: own,
      decide: (claims) => makeDecision(decisions, body, { question, claims }),
      withdraw,
    });
  if (requestId === undefined) return decide(null, []).then((answer) => JSON.stringify(answer));
  const question = questionOf(body, caller, decisions.pseudonym);
  return answers.once(
    { key: `${caller}|${program}|${requestId}`, question },
    {
      before: () => past.answered({ caller, program, requestId }),
      again: (decisionId) => answerAgain(decisions, decisionId, body),
      decide: (claims) => decide(question, claims),
      withdraw,
      toldAlone: ({ decisionId }) => past.toldAlone(decisionId),
    },
  );
}

/** The header `Idempotency-Key` is another way to write the requestId; both must agree. */
function withHeaderKey(request: FastifyRequest, body: DecideRequest): DecideRequest {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return body;
  const requestId = parseBody(Headers, { [HEADER_KEY]: header })[HEADER_KEY];
  if (body.requestId !== undefined && body.requestId !== requestId) {
    const rule = "differs from the header Idempotency-Key";
    throw new LiftgateError("invalid_request", undefined, [{ path: "requestId", rule }]);
  }
  return { ...body, requestId };
}
