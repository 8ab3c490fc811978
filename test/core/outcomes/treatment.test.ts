import { expect, test } from "vitest";
import type { KnownDecision } from "../../../src/core/domain/known-decision.ts";
import { treatmentOf } from "../../../src/core/outcomes/treatment.ts";
import { outcome } from "../../support/outcomes.ts";

const OFFERED: KnownDecision = {
  decisionId: outcome().decisionId,
  program: "p",
  arm: "policy",
  action: "voucher",
  cost: 0.4,
  reservation: null,
};
const CONTROL: KnownDecision = { ...OFFERED, action: "no_offer" };

test.each([
  [OFFERED, null, "as_decided"],
  [OFFERED, "voucher", "as_decided"],
  [OFFERED, "no_offer", "other"],
  [OFFERED, "push", "other"],
  [CONTROL, null, "as_decided"],
  [CONTROL, "no_offer", "as_decided"],
  [CONTROL, "voucher", "contaminated"],
] as const)("of a decision for $action an exposure to %s is %s", (decision, action, treatment) => {
  expect(treatmentOf(outcome({ type: "exposure", action }), decision)).toBe(treatment);
});

test("only an exposure says what the user got", () => {
  expect(treatmentOf(outcome({ type: "redemption" }), OFFERED)).toBeNull();
});
