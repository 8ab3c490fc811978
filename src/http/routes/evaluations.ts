import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { EvaluationAnswer, EvaluationEntry, EvaluationList, EvaluationRequest } from "../../contract/evaluations.ts";
import { EVALUATION_BODY_BYTES_MAX } from "../../contract/limits.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Backend } from "../backend.ts";
import { parseBody } from "../parse.ts";
import { addRoute } from "../route.ts";

const Params = z.object({
  id: z
    .uuid()
    .meta({ description: "The evaluationId of an answer", examples: ["019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11"] }),
});
const ReportPage = z.string().meta({ id: "ReportPage", examples: ["<!doctype html><title>Evaluation</title>"] });

/** The page is one file with its figures in it: it runs nothing and fetches nothing. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

export function addEvaluationRoutes(app: FastifyInstance, { catalog, evaluations }: Backend): void {
  addRoute(app, {
    method: "POST",
    url: "/v1/evaluations",
    tag: "evaluations",
    summary: "Judges a candidate program on the decisions that this replica logged",
    description:
      "As `liftgate evaluate` does, in a process of its own that takes what decisions leave of the processor; one at a time, in the order of asking. Models must be loaded.",
    role: "admin",
    body: EvaluationRequest,
    bodyBytesMax: EVALUATION_BODY_BYTES_MAX,
    status: 202,
    answer: EvaluationEntry,
    problems: [
      "unknown_program",
      "candidate_refused",
      "incumbent_refused",
      "evaluation_queue_full",
      "evaluation_store_unavailable",
      "draining",
    ],
    handle: async ({ body, request, reply }) => {
      if (!catalog.programs().some(({ id }) => id === body.programId)) throw new LiftgateError("unknown_program");
      const entry = await evaluations.ask(body, request.callerId);
      return reply.code(202).header("location", `/v1/evaluations/${entry.evaluationId}`).send(entry);
    },
  });
  addRoute(app, {
    method: "GET",
    url: "/v1/evaluations",
    tag: "evaluations",
    summary: "The evaluations that are kept, the latest first",
    role: "admin",
    answer: EvaluationList,
    problems: [],
    handle: () => ({ evaluations: evaluations.kept.list() }),
  });
  addReportRoutes(app, evaluations);
  addDeletion(app, evaluations);
}

function addReportRoutes(app: FastifyInstance, { kept }: Backend["evaluations"]): void {
  addRoute(app, {
    method: "GET",
    url: "/v1/evaluations/:id",
    tag: "evaluations",
    summary: "How an evaluation stands, and its report once it is done",
    role: "admin",
    params: Params,
    answer: EvaluationAnswer,
    problems: ["invalid_request", "unknown_evaluation", "evaluation_store_unavailable"],
    handle: async ({ request, reply }) => {
      const entry = kept.entry(idOf(request));
      const report = entry.status === "done" ? await kept.report(entry.evaluationId, "json") : "null";
      // The report goes as it was written: parsing it here would hold decisions up.
      return reply.type("application/json").send(`${JSON.stringify(entry).slice(0, -1)},"report":${report}}`);
    },
  });
  addRoute(app, {
    method: "GET",
    url: "/v1/evaluations/:id/report.html",
    tag: "evaluations",
    summary: "The report as a page to read and print",
    role: "admin",
    params: Params,
    answer: ReportPage,
    answerType: "text/html",
    problems: ["invalid_request", "unknown_evaluation", "evaluation_not_done", "evaluation_store_unavailable"],
    handle: async ({ request, reply }) => {
      const page = await kept.report(idOf(request), "html");
      return reply.header("content-security-policy", PAGE_POLICY).type("text/html; charset=utf-8").send(page);
    },
  });
}

function addDeletion(app: FastifyInstance, evaluations: Backend["evaluations"]): void {
  addRoute(app, {
    method: "DELETE",
    url: "/v1/evaluations/:id",
    tag: "evaluations",
    summary: "Ends an evaluation that waits or runs, and deletes what is kept of it",
    description: "Answers how it stood at last: failed with evaluation_called_off where it was not done.",
    role: "admin",
    params: Params,
    answer: EvaluationEntry,
    problems: ["invalid_request", "unknown_evaluation", "evaluation_store_unavailable"],
    handle: ({ request }) => evaluations.remove(idOf(request)),
  });
}

function idOf({ params }: FastifyRequest): string {
  return parseBody(Params, params).id.toLowerCase();
}
