import { describe, expect, it } from "vitest";
import { checkEligibility } from "../../../src/core/decision/check-eligibility.ts";
import { programWith, scoresOf, situationWith } from "../../support/programs.ts";

const program = programWith();
const never = programWith({ eligibility: () => false });

describe("checking eligibility", () => {
  it("excludes nothing when nothing speaks against it", () => {
    expect(checkEligibility(situationWith(program))).toEqual([null, null, null]);
    expect(checkEligibility(situationWith(programWith({ eligibility: () => true })))).toEqual([null, null, null]);
  });

  it.each(["paused", "cold_start", "unavailable"] as const)(
    "excludes every offer when one is withheld as %s",
    (withheld) => {
      expect(checkEligibility(situationWith(program, { withheld }))).toEqual([null, withheld, withheld]);
    },
  );

  it("excludes every offer for who is not eligible, and asks the rule about the facts", () => {
    expect(checkEligibility(situationWith(never))).toEqual([null, "ineligible", "ineligible"]);
    const recent = programWith({ eligibility: ({ features }) => features["recency"] === 6 });
    const facts = { features: { recency: 6 }, context: {} };
    expect(checkEligibility(situationWith(recent, { facts }))).toEqual([null, null, null]);
    expect(checkEligibility(situationWith(recent))).toEqual([null, "ineligible", "ineligible"]);
  });

  it("excludes what was not asked for; no_offer is always asked for", () => {
    expect(checkEligibility(situationWith(program, { requested: ["womens_email"] }))).toEqual([
      null,
      "not_requested",
      null,
    ]);
    expect(checkEligibility(situationWith(program, { requested: ["no_offer"] }))).toEqual([
      null,
      "not_requested",
      "not_requested",
    ]);
  });

  it("excludes what caps and volumes close, and nothing else", () => {
    const closed = [null, "cap_reached", null] as const;
    expect(checkEligibility(situationWith(program, { closed }))).toEqual([null, "cap_reached", null]);
  });

  it("excludes what the budget does not cover, to the micro, and never what is free", () => {
    const funded = programWith({ funding: { pool: "p", reserve: "expected", terms: null } });
    const scores = scoresOf([
      [1, 0, 0.5],
      [1, 0, 0],
    ]);
    const at = (availableMicros: number) => checkEligibility(situationWith(funded, { scores, availableMicros }));
    expect(at(500_000)).toEqual([null, null, null]);
    expect(at(499_999)).toEqual([null, "budget_exhausted", null]);
    expect(at(0)).toEqual([null, "budget_exhausted", null]);
  });

  it("gives one reason each, the most general first", () => {
    expect(checkEligibility(situationWith(never, { withheld: "paused", requested: [] }))).toEqual([
      null,
      "paused",
      "paused",
    ]);
    expect(checkEligibility(situationWith(never, { requested: [] }))).toEqual([null, "ineligible", "ineligible"]);
  });
});
