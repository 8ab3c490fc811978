import type { FastifyInstance } from "fastify";
import { FeaturesAnswer, FeaturesRequest, ScoreAnswer, ScoreRequest } from "../../contract/bulk.ts";
import { BULK_BODY_BYTES_MAX } from "../../contract/limits.ts";
import { scoreUsers } from "../../service/score-users.ts";
import { writeFeatures } from "../../service/write-features.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

const FEATURE_PROBLEMS = ["unknown_feature", "invalid_feature"] as const;

export function addBulkRoutes(app: FastifyInstance, { decisions }: Backend): void {
  addRoute(app, {
    method: "POST",
    url: "/v1/score",
    tag: "scores",
    summary: "Scores of user-action pairs, no_offer included",
    description:
      "Calibrated value, cost, uncertainty, net and efficiency. Users come from the feature store, or with their features in the call. Always by the program itself, never by its canary: scores of one program and one model compare. Decides nothing, logs nothing.",
    role: "decide",
    body: ScoreRequest,
    bodyBytesMax: BULK_BODY_BYTES_MAX,
    answer: ScoreAnswer,
    problems: [...FEATURE_PROBLEMS, "unknown_program"],
    handle: ({ body }) => scoreUsers(decisions, body),
  });
  addRoute(app, {
    method: "PUT",
    url: "/v1/features",
    tag: "features",
    summary: "Writes features of up to 1,000 users",
    description:
      "Takes the feature names of the loaded models; categories are their strings, null is missing, names left out are missing. A user's row is replaced whole. Nothing is written when anything is wrong.",
    role: "outcome",
    body: FeaturesRequest,
    bodyBytesMax: BULK_BODY_BYTES_MAX,
    answer: FeaturesAnswer,
    problems: [...FEATURE_PROBLEMS, "feature_store_unavailable"],
    handle: async ({ body }) => ({ written: await writeFeatures(decisions, body) }),
  });
}
