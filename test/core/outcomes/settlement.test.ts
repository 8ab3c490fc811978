import { expect, test } from "vitest";
import type { KnownDecision } from "../../../src/core/domain/known-decision.ts";
import { OUTCOME_TYPES } from "../../../src/core/domain/outcome.ts";
import { settlementOf } from "../../../src/core/outcomes/settlement.ts";
import { outcome } from "../../support/outcomes.ts";

const DECISION: KnownDecision = {
  decisionId: outcome().decisionId,
  program: "p",
  arm: "policy",
  action: "voucher",
  cost: 0.4,
  reservation: { account: "p/2026-11@America/New_York", fixedMicros: 10_000 },
};

test("a redemption owes what it cost, and the first of a decision the fixed part too", () => {
  const redemption = outcome({ type: "redemption", cost: 0.5 });
  expect(settlementOf(redemption, DECISION, "first")).toEqual({
    account: { budget: "p", period: "2026-11@America/New_York" },
    settlement: { kind: "settle", eventId: "o1", reservationId: DECISION.decisionId, amount: 510_000 },
  });
  expect(settlementOf(redemption, DECISION, "another")?.settlement).toMatchObject({ amount: 500_000 });
});

test("a void returns what is held", () => {
  expect(settlementOf(outcome({ type: "void" }), DECISION, "another")?.settlement).toEqual({
    kind: "void",
    eventId: "o1",
    reservationId: DECISION.decisionId,
  });
});

test("other outcomes move no money", () => {
  for (const type of OUTCOME_TYPES) {
    if (type === "redemption" || type === "void") continue;
    expect(settlementOf(outcome({ type }), DECISION, "another")).toBeNull();
  }
});

test("where nothing is held nothing is settled", () => {
  const free = { ...DECISION, reservation: null };
  for (const type of OUTCOME_TYPES) expect(settlementOf(outcome({ type, cost: 1 }), free, "first")).toBeNull();
});
