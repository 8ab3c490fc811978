/** The decision service's counts as Prometheus metrics. */
import type { DecisionRecord } from "../core/domain/record.ts";
import type { DecisionMetrics } from "../service/decision-metrics.ts";
import type { Metrics } from "./metrics.ts";

export function exportDecisions(metrics: Metrics): DecisionMetrics {
  return {
    stage: (stage, elapsedMs) => metrics.stages.observe(stage, elapsedMs / 1_000),
    decided: (record) => countDecision(metrics, record),
    featureAge: (program, ageMs) => metrics.featureAge.observe(program, ageMs / 1_000),
    missingFeature: (program, feature) => metrics.featuresMissing.inc({ program, feature }),
    contractMismatch: (set) => metrics.contractMismatches.inc({ set }),
    trouble: (code) => metrics.troubles.inc({ code }),
    shadowFailed: (program) => metrics.shadowFailures.inc({ program }),
    retried: () => metrics.retries.inc(),
    repeated: (program) => metrics.repeats.inc({ program }),
  };
}

function countDecision(metrics: Metrics, record: DecisionRecord): void {
  const program = record.program.id;
  metrics.decisions.inc({ program, action: record.action, arm: record.arm, status: record.status });
  metrics.versions.inc({ program, version: record.program.version });
  for (const { action, excluded, pruned } of record.candidates) {
    if (excluded !== null) metrics.excluded.inc({ program, action, reason: excluded });
    if (pruned !== null) metrics.pruned.inc({ program, action, reason: pruned });
  }
}
