import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Slug } from "../../contract/identifiers.ts";
import { RollbackAnswer, RollbackRequest } from "../../contract/rollback.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Backend } from "../backend.ts";
import { parseBody } from "../parse.ts";
import { addRoute } from "../route.ts";

const Params = z.object({ id: Slug.meta({ description: "The program's id", examples: ["hillstrom-email"] }) });

export function addRollbackRoute(app: FastifyInstance, { catalog, rollBack }: Backend): void {
  addRoute(app, {
    method: "POST",
    url: "/v1/programs/:id/rollback",
    tag: "catalog",
    summary: "Takes the canary away, or makes the program live again that the live one was promoted over",
    description:
      "As the audit log of promotions says; that of this rollback is written first. Live on this replica when it answers, on others that share PROGRAMS_DIR at their next reload.",
    role: "admin",
    params: Params,
    body: RollbackRequest,
    answer: RollbackAnswer,
    problems: [
      "unknown_program",
      "nothing_to_roll_back",
      "rollout_under_way",
      "audit_log_broken",
      "reload_refused",
      "program_store_unavailable",
    ],
    handle: async ({ request, body }) => {
      const { id } = parseBody(Params, request.params);
      const loaded = () => catalog.programs().find((entry) => entry.id === id);
      if (loaded() === undefined) throw new LiftgateError("unknown_program");
      const { program, from, to } = await rollBack({ program: id, by: request.callerId, reason: body.reason });
      const { programs } = await catalog.reload();
      const entry = loaded();
      if (entry?.digest !== to.digest || entry.canary !== null) {
        throw new LiftgateError("reload_refused", undefined, programs.find((outcome) => outcome.id === id)?.faults);
      }
      return { program, from, to };
    },
  });
}
