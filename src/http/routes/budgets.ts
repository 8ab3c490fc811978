import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { BudgetAnswer, WriteOffAnswer, WriteOffRequest } from "../../contract/budget.ts";
import { Id } from "../../contract/identifiers.ts";
import type { LeaseHolder } from "../../core/domain/budget.ts";
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
    handle: ({ request }) => known(budgets.report(programOf(catalog, request))),
  });
  addRoute(app, {
    method: "POST",
    url: "/v1/budgets/:programId/write-offs",
    tag: "budgets",
    summary: "Ends the lease of a replica that will never be back, and returns the money it held",
    description:
      "For a replica whose DATA_DIR is lost: nobody else can prove what it spent, and a ledger that recovers waits for it. What it spent and had not told, a second of decisions, is not in the budget. A replica that runs pays nothing more in this period.",
    role: "admin",
    params: Params,
    body: WriteOffRequest,
    answer: WriteOffAnswer,
    problems: ["unknown_program", "unknown_budget", "ledger_unavailable"],
    handle: async ({ request, body }) => ({
      returned: known(await budgets.writeOff(programOf(catalog, request), holderOf(body.lease))),
    }),
  });
}

function programOf(catalog: Backend["catalog"], { params }: FastifyRequest): string {
  const { programId } = parseBody(Params, params);
  if (!catalog.programs().some((program) => program.id === programId)) throw new LiftgateError("unknown_program");
  return programId;
}

function known<T>(budget: T | null): T {
  if (budget === null) throw new LiftgateError("unknown_budget");
  return budget;
}

function holderOf(lease: string): LeaseHolder {
  const slash = lease.lastIndexOf("/");
  return { replica: lease.slice(0, slash), life: Number(lease.slice(slash + 1)) };
}
