import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { BudgetAnswer } from "../../contract/budget.ts";
import { Id } from "../../contract/identifiers.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Backend } from "../backend.ts";
import { parseBody } from "../parse.ts";
import { addRoute } from "../route.ts";

const Params = z.object({ programId: Id.meta({ description: "The program's id", examples: ["hillstrom-email"] }) });

export function addBudgetRoutes(app: FastifyInstance, { catalog, budgets }: Backend): void {
  addRoute(app, {
    method: "GET",
    url: "/v1/budgets/:programId",
    tag: "budgets",
    summary: "The money of a program's pool: spent, held, free, planned, and at what price it is spent",
    description: "As this replica last saw it, some seconds ago at most.",
    role: "read",
    params: Params,
    answer: BudgetAnswer,
    problems: ["invalid_request", "unknown_program", "unknown_budget"],
    handle: ({ request }) => {
      const { programId } = parseBody(Params, request.params);
      if (!catalog.programs().some((program) => program.id === programId)) throw new LiftgateError("unknown_program");
      const budget = budgets.report(programId);
      if (budget === null) throw new LiftgateError("unknown_budget");
      return budget;
    },
  });
}
