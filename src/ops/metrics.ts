/**
 * Prometheus metrics. Every label value comes from a closed set (programs, actions and models are
 * loaded files; the rest are unions in the code), so the number of series is bounded by what is
 * configured, never by traffic.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { createBudgetMetrics } from "./budget-metrics.ts";
import { createOutcomeMetrics } from "./outcome-metrics.ts";
import { BucketHistogram } from "./bucket-histogram.ts";
import { createEvaluationMetrics } from "./evaluation-metrics.ts";
import { createLogMetrics } from "./log-metrics.ts";
import { createShippingMetrics } from "./shipping-metrics.ts";

/** From 100 µs, where a decision without I/O lies, to 1 s, past every deadline. */
const LATENCY_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** A minute to a month. */
const AGE_BUCKETS_S = [60, 300, 900, 3_600, 21_600, 86_400, 604_800, 2_592_000];

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry with everything the service exports. Units are seconds and bytes. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    decisions: new Counter({
      name: "liftgate_decisions_total",
      help: "Decisions logged and answered",
      labelNames: ["program", "action", "arm", "status"],
      registers,
    }),
    versions: new Counter({
      name: "liftgate_version_decisions_total",
      help: "Decisions by the version that made them: of the program, or of its canary",
      labelNames: ["program", "version"],
      registers,
    }),
    excluded: new Counter({
      name: "liftgate_actions_excluded_total",
      help: "Actions that might not be offered, by reason",
      labelNames: ["program", "action", "reason"],
      registers,
    }),
    pruned: new Counter({
      name: "liftgate_actions_pruned_total",
      help: "Actions that were not economic, by reason",
      labelNames: ["program", "action", "reason"],
      registers,
    }),
    stages: new BucketHistogram({
      name: "liftgate_decision_stage_seconds",
      help: "Time of each stage of a decision; total covers admission to durable log",
      label: "stage",
      buckets: LATENCY_BUCKETS_S,
      registry,
    }),
    batches: new BucketHistogram({
      name: "liftgate_model_batch_rows",
      help: "Rows that shared one model run",
      label: "model",
      buckets: BATCH_BUCKETS,
      registry,
    }),
    featureAge: new BucketHistogram({
      name: "liftgate_feature_age_seconds",
      help: "Age of the feature row a decision read",
      label: "program",
      buckets: AGE_BUCKETS_S,
      registry,
    }),
    featuresMissing: new Counter({
      name: "liftgate_features_missing_total",
      help: "Feature values a scored row lacked",
      labelNames: ["program", "feature"],
      registers,
    }),
    contractMismatches: new Counter({
      name: "liftgate_feature_contract_mismatches_total",
      help: "Stored rows written under another feature contract",
      labelNames: ["set"],
      registers,
    }),
    troubles: new Counter({
      name: "liftgate_decision_troubles_total",
      help: "Failures a decision survived, by error code",
      labelNames: ["code"],
      registers,
    }),
    shadowFailures: new Counter({
      name: "liftgate_shadow_failures_total",
      help: "Decisions of shadows that could not be made or logged; the incumbents' were",
      labelNames: ["program"],
      registers,
    }),
    retries: new Counter({
      name: "liftgate_decision_retries_total",
      help: "Repeated requests answered with the first decision",
      registers,
    }),
    repeats: new Counter({
      name: "liftgate_sticky_answers_total",
      help: "Requests answered with the decision that holds for the user's window; not logged again",
      labelNames: ["program"],
      registers,
    }),
    rejected: new Counter({
      name: "liftgate_http_problems_total",
      help: "Requests answered with a problem, by code",
      labelNames: ["code"],
      registers,
    }),
    modelInfo: new Gauge({
      name: "liftgate_model_info",
      help: "1 for every loaded model version",
      labelNames: ["model", "version", "digest"],
      registers,
    }),
    modelCreated: new Gauge({
      name: "liftgate_model_created_timestamp_seconds",
      help: "When the model was made, as its manifest says; time() minus this is its age",
      labelNames: ["model", "version"],
      registers,
    }),
    programInfo: new Gauge({
      name: "liftgate_program_info",
      help: "1 for every loaded program version",
      labelNames: ["program", "version", "digest", "state"],
      registers,
    }),
    programLoaded: new Gauge({
      name: "liftgate_program_loaded_timestamp_seconds",
      help: "When the program version that decides was loaded",
      labelNames: ["program"],
      registers,
    }),
    reloads: new Counter({
      name: "liftgate_reloads_total",
      help: "Files read from disk at start and by reloads, by outcome",
      labelNames: ["kind", "outcome"],
      registers,
    }),
    logs: createLogMetrics(registers),
    featureStoreUp: new Gauge({
      name: "liftgate_feature_store_up",
      help: "1 while the feature store answers",
      registers,
    }),
    ledgerUp: new Gauge({
      name: "liftgate_ledger_up",
      help: "1 while the budget ledger answers",
      registers,
    }),
    budgets: createBudgetMetrics(registers),
    outcomes: createOutcomeMetrics(registers),
    shipping: createShippingMetrics(registers),
    evaluations: createEvaluationMetrics(registry),
  } as const;
}
