import type { FastifyInstance } from "fastify";
import { z } from "zod";
import {
  ModelList,
  ProgramEntry,
  ProgramList,
  type ReloadAnswer,
  ReloadAnswer as Answer,
} from "../../contract/catalog.ts";
import { Id } from "../../contract/identifiers.ts";
import { LiftgateError } from "../../core/errors.ts";
import { parseBody } from "../parse.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

const Params = z.object({ id: Id.meta({ description: "The program's id", examples: ["hillstrom-email"] }) });

export function addCatalogRoutes(app: FastifyInstance, { catalog }: Backend): void {
  addRoute(app, {
    method: "GET",
    url: "/v1/programs",
    tag: "catalog",
    summary: "The programs that are loaded",
    role: "read",
    answer: ProgramList,
    problems: [],
    handle: () => ({ programs: catalog.programs() }),
  });
  addRoute(app, {
    method: "GET",
    url: "/v1/programs/:id",
    tag: "catalog",
    summary: "One loaded program",
    role: "read",
    params: Params,
    answer: ProgramEntry,
    problems: ["invalid_request", "unknown_program"],
    handle: ({ request }) => {
      const { id } = parseBody(Params, request.params);
      const entry = catalog.programs().find((program) => program.id === id);
      if (entry === undefined) throw new LiftgateError("unknown_program");
      return entry;
    },
  });
  addRoute(app, {
    method: "GET",
    url: "/v1/models",
    tag: "catalog",
    summary: "The models that are loaded, with their whole feature contracts and held-out figures",
    role: "read",
    answer: ModelList,
    problems: [],
    handle: () => ({ models: catalog.models() }),
  });
  addRoute(app, {
    method: "POST",
    url: "/v1/reload",
    tag: "catalog",
    summary: "Reads models and programs from disk again",
    description:
      "A bad file never replaces a good one: what was loaded stays, and the answer says what was wrong where.",
    role: "admin",
    answer: Answer,
    problems: ["reload_refused"],
    handle: async () => accepted(await catalog.reload()),
  });
}

/** @throws LiftgateError `reload_refused` with every fault when anything was refused */
function accepted(answer: ReloadAnswer): ReloadAnswer {
  const faults = [...answer.models, ...answer.programs].flatMap(({ id, faults: found }) =>
    found.map(({ path, rule }) => ({ path: path === "" ? id : `${id}: ${path}`, rule })),
  );
  if (faults.length > 0) throw new LiftgateError("reload_refused", undefined, faults);
  return answer;
}
