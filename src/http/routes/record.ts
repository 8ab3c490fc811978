import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ExplainedAction } from "../../contract/decide.ts";
import { RecordAnswer } from "../../contract/record.ts";
import type { Mode } from "../../core/domain/program.ts";
import { REASONS } from "../../core/domain/reasons.ts";
import type { DecisionRecord } from "../../core/domain/record.ts";
import { LiftgateError } from "../../core/errors.ts";
import { explain } from "../../service/answers/answer.ts";
import { parseBody } from "../parse.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

const Params = z.object({
  decisionId: z
    .uuid()
    .meta({ description: "The decisionId of an answer", examples: ["019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11"] }),
});

export function addRecordRoutes(app: FastifyInstance, { decisions }: Backend): void {
  addRoute(app, {
    method: "GET",
    url: "/v1/decisions/:decisionId",
    tag: "decisions",
    summary: "The logged record of a decision, with what became of every candidate",
    role: "read",
    params: Params,
    answer: RecordAnswer,
    problems: ["invalid_request", "unknown_decision", "log_unavailable"],
    handle: async ({ request }) => {
      const { decisionId } = parseBody(Params, request.params);
      const line = await decisions.log.find(decisionId.toLowerCase());
      if (line === null) throw new LiftgateError("unknown_decision");
      const record = JSON.parse(line) as DecisionRecord;
      return { record, explanation: explain(record).map((explained) => withReason(explained, record)) };
    },
  });
}

/** The action as explained to a caller, and why in words. */
function withReason(explained: ExplainedAction, { action, mode }: DecisionRecord) {
  const reason = explained.excluded ?? explained.pruned;
  const because = reason === undefined ? DRAWABLE[mode] : REASONS[reason];
  return { ...explained, chosen: explained.action === action, because };
}

const DRAWN = "it could be drawn with the probability shown";
const DRAWABLE: Readonly<Record<Mode, string>> = {
  live: DRAWN,
  shadow: `${DRAWN}; nobody was offered it by this program, which is a shadow`,
  "log-only": "the program is in log-only: everybody gets no_offer",
  paused: DRAWN,
};
