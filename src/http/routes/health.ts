import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { problem, replyWith } from "../problem.ts";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

const Health = z.strictObject({ status: z.literal("ok") }).meta({ id: "Health", examples: [{ status: "ok" }] });
const OK = { status: "ok" } as const;

export function addHealthRoutes(app: FastifyInstance, { accepting }: Backend): void {
  addRoute(app, {
    method: "GET",
    url: "/health/live",
    tag: "operations",
    summary: "The process lives; depends on nothing outside it",
    role: null,
    answer: Health,
    problems: [],
    handle: () => OK,
  });
  addRoute(app, {
    method: "GET",
    url: "/health/ready",
    tag: "operations",
    summary: "The service can answer; degraded is ready, draining is not",
    role: null,
    answer: Health,
    problems: ["draining"],
    handle: ({ reply }) => (accepting() ? OK : replyWith(reply, problem("draining"))),
  });
}
