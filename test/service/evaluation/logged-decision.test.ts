import { describe, expect, it } from "vitest";
import { RECORD_EXAMPLE } from "../../../src/contract/record-example.ts";
import { isLoggedDecision } from "../../../src/service/evaluation/logged-decision.ts";

describe("what an evaluation takes for a logged decision", () => {
  it("is the example of the published schema", () => {
    expect(isLoggedDecision(RECORD_EXAMPLE)).toBe(true);
  });

  it.each([
    ["of another schema", { schema: "liftgate.decision.v0" }],
    ["without its time", { time: null }],
    ["with a propensity that is a text", { propensity: "1" }],
    ["without candidates", { candidates: [] }],
    ["with a candidate without a probability", { candidates: [{ action: "no_offer", value: 0, cost: 0, inArm: 1 }] }],
    ["without facts", { facts: null }],
  ])("is not a line %s", (_, change) => {
    expect(isLoggedDecision({ ...RECORD_EXAMPLE, ...change })).toBe(false);
  });
});
