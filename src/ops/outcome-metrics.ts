/** Outcomes, and what became of the money they settle, as Prometheus metrics. */
import { Counter, type Registry } from "prom-client";
import type { SettlementResult } from "../core/domain/budget.ts";
import type { OutcomeMetrics } from "../service/outcomes/outcome-book.ts";

export function createOutcomeMetrics(registers: Registry[]) {
  return {
    received: new Counter({
      name: "liftgate_outcomes_total",
      help: "Outcomes received, by type and result",
      labelNames: ["type", "result"],
      registers,
    }),
    matched: new Counter({
      name: "liftgate_outcomes_matched_total",
      help: "Outcomes that found their decision, at once or later",
      labelNames: ["program", "type"],
      registers,
    }),
    exposures: new Counter({
      name: "liftgate_exposures_total",
      help: "Exposures by what the user got: as decided, an offer although nothing was decided, or something else",
      labelNames: ["program", "treatment"],
      registers,
    }),
    settlements: new Counter({
      name: "liftgate_settlements_total",
      help: "Settlements that the ledger answered, by result",
      labelNames: ["budget", "result"],
      registers,
    }),
    settlementFailures: new Counter({
      name: "liftgate_settlement_failures_total",
      help: "Groups of settlements that the ledger did not answer; they are sent again",
      registers,
    }),
    forwardingFailures: new Counter({
      name: "liftgate_outcome_forwarding_failures_total",
      help: "Attempts to exchange outcomes with other replicas that failed; they are made again",
      registers,
    }),
    indexFailures: new Counter({
      name: "liftgate_index_failures_total",
      help: "Writes of the index that failed; they are done again",
      registers,
    }),
  } as const;
}

export type OutcomeCounters = ReturnType<typeof createOutcomeMetrics>;

export function exportOutcomes(counters: OutcomeCounters): OutcomeMetrics {
  return {
    received: (type, result) => counters.received.inc({ type, result }),
    matched: ({ type }, { program }) => counters.matched.inc({ program, type }),
    treated: (program, treatment) => counters.exposures.inc({ program, treatment }),
  };
}

export function countSettlement(counters: OutcomeCounters, budget: string, { kind }: SettlementResult): void {
  counters.settlements.inc({ budget, result: kind });
}
