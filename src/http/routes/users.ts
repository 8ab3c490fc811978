import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Id } from "../../contract/identifiers.ts";
import { ForgetAnswer } from "../../contract/users.ts";
import { parseBody } from "../parse.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

const Params = z.object({ userId: Id.meta({ description: "The user's id", examples: ["u42"] }) });

export function addUserRoutes(app: FastifyInstance, { users }: Backend): void {
  addRoute(app, {
    method: "DELETE",
    url: "/v1/users/:userId",
    tag: "users",
    summary: "Deletes what is stored of a user: features, offers had, and what holds for them",
    description:
      "The user is as new: caps count from the beginning, and sticky answers are drawn again. What was logged stays in the logs: there users are keyed hashes when USER_ID_PEPPER is set, and LOG_RETENTION ends it.",
    role: "admin",
    params: Params,
    answer: ForgetAnswer,
    problems: ["invalid_request", "feature_store_unavailable", "cap_store_unavailable", "answer_store_unavailable"],
    handle: async ({ request }) => {
      const { userId } = parseBody(Params, request.params);
      await users.forget(userId);
      return { forgotten: userId };
    },
  });
}
