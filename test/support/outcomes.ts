import { OUTCOME_SCHEMA, type OutcomeRecord } from "../../src/core/domain/outcome.ts";

/** A reward, or what is changed of it. */
export function outcome(changed: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    schema: OUTCOME_SCHEMA,
    outcomeId: "o1",
    decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
    type: "reward",
    head: null,
    value: null,
    cost: null,
    action: null,
    occurredAt: "2026-11-21T21:00:00Z",
    receivedAt: "2026-11-21T21:00:04.012Z",
    ...changed,
  };
}
