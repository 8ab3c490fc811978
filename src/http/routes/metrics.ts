import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { addRoute } from "../route.ts";
import type { Backend } from "../backend.ts";

const MetricsText = z
  .string()
  .meta({ id: "MetricsText", examples: ["# HELP liftgate_decisions_total Decisions logged and answered"] });

export function addMetricsRoute(app: FastifyInstance, { metrics }: Backend): void {
  addRoute(app, {
    method: "GET",
    url: "/metrics",
    tag: "operations",
    summary: "Prometheus text",
    role: "read",
    answer: MetricsText,
    answerType: "text/plain",
    problems: [],
    handle: async ({ reply }) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  });
}
