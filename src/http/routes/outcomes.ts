import type { FastifyInstance } from "fastify";
import { BULK_BODY_BYTES_MAX } from "../../contract/limits.ts";
import { OutcomesAnswer, OutcomesRequest } from "../../contract/outcomes.ts";
import { LiftgateError } from "../../core/errors.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

export function addOutcomeRoute(app: FastifyInstance, { outcomes }: Backend): void {
  addRoute(app, {
    method: "POST",
    url: "/v1/outcomes",
    tag: "outcomes",
    summary: "What happened after up to 1,000 decisions",
    description:
      "An outcome is in the log before it is acknowledged, and counts once: sent again it is a duplicate. One whose decision is not known is kept, and counts as soon as it is. In any order, however late. Each has its own result; the call fails only when all are refused.",
    role: "outcome",
    body: OutcomesRequest,
    bodyBytesMax: BULK_BODY_BYTES_MAX,
    answer: OutcomesAnswer,
    status: 202,
    problems: ["outcome_conflict", "outcome_in_future", "log_unavailable"],
    handle: async ({ body, reply }) => {
      const answer = await outcomes.take(body.outcomes);
      if (answer.refused === answer.results.length) throw refusalOf(answer);
      return reply.code(202).send(answer);
    },
  });
}

/** The code of the first that was refused, and the place of each. */
function refusalOf({ results }: OutcomesAnswer): LiftgateError {
  const faults = results.map(({ code }, i) => ({
    path: `outcomes[${i}]`,
    rule:
      code === "outcome_in_future"
        ? "occurredAt is in the future"
        : "is another outcome than the first of its outcomeId",
  }));
  return new LiftgateError(results[0]?.code ?? "outcome_conflict", undefined, faults);
}
