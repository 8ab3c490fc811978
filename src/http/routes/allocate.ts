import type { FastifyInstance } from "fastify";
import { AllocateAnswer, AllocateRequest } from "../../contract/allocate.ts";
import { ALLOCATE_BODY_BYTES_MAX } from "../../contract/limits.ts";
import { allocateBatch } from "../../service/allocate-batch.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

export function addAllocateRoute(app: FastifyInstance, { decisions }: Backend): void {
  addRoute(app, {
    method: "POST",
    url: "/v1/allocate",
    tag: "allocation",
    summary: "The best offers for many users within a budget and caps, with a certificate",
    description:
      "At most one offer a user, for candidates given in the call or scored by a program's model. A plan: nothing is decided, logged or spent. `dualBound` is more than any allocation can be worth, `gap` what may be missing. With a program only users of its policy arm are offered anything, all by the program itself, also those its canary decides for: a plan has one price of money, and one model behind it.",
    role: "decide",
    body: AllocateRequest,
    bodyBytesMax: ALLOCATE_BODY_BYTES_MAX,
    answer: AllocateAnswer,
    problems: [
      "unknown_feature",
      "invalid_feature",
      "unknown_program",
      "unknown_action",
      "cluster_required",
      "feature_store_unavailable",
      "model_failed",
    ],
    handle: ({ body }) => allocateBatch(decisions, body),
  });
}
