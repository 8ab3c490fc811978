/** Evaluations that run beside decisions, as Prometheus metrics, and what operators are told of them. */
import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";
import type { ErrorCode } from "../core/errors.ts";
import type { JobParts } from "../service/evaluation-jobs/job-ports.ts";
import { BucketHistogram } from "./bucket-histogram.ts";

/** From a short log to the time after which an evaluation is stopped. */
const DURATION_BUCKETS_S = [1, 3, 10, 30, 60, 120, 300, 900, 1_800, 3_600];

export type EvaluationMetrics = ReturnType<typeof createEvaluationMetrics>;

export function createEvaluationMetrics(registry: Registry) {
  return {
    waiting: new Gauge({
      name: "liftgate_evaluations",
      help: "Evaluations that wait or run, by status",
      labelNames: ["status"],
      registers: [registry],
    }),
    duration: new BucketHistogram({
      name: "liftgate_evaluation_seconds",
      help: "Time of each evaluation from its start to its end, by status: done or failed, neither interrupted nor called off",
      label: "status",
      buckets: DURATION_BUCKETS_S,
      registry,
    }),
  } as const;
}

/** Nobody knows how long they would have taken. */
const CUT_SHORT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["evaluation_interrupted", "evaluation_called_off"]);

export function tellEvaluations({ waiting, duration }: EvaluationMetrics, logger: Logger): JobParts["observer"] {
  return {
    waiting: ({ queued, running }) => {
      waiting.set({ status: "queued" }, queued);
      waiting.set({ status: "running" }, running);
    },
    ended: ({ evaluationId, status, verdict, failure, startedAt, endedAt }) => {
      const isCounted = startedAt !== null && endedAt !== null && !(failure !== null && CUT_SHORT.has(failure.code));
      const ranMs = isCounted ? Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) : null;
      if (ranMs !== null) duration.observe(status, ranMs / 1_000);
      if (failure === null) logger.info({ evaluationId, verdict, ranMs }, "evaluation done");
      else logger.warn({ evaluationId, ...failure, ranMs }, "evaluation without a report");
    },
    trouble: (cause) => logger.error({ err: cause }, "evaluations cannot be kept"),
  };
}
