import { describe, expect, it } from "vitest";
import { prune } from "../../../src/core/decision/prune.ts";
import type { Pruning } from "../../../src/core/domain/decision.ts";
import { actionsNamed, programWith, scoresOf, situationWith } from "../../support/programs.ts";

const NOBODY = [null, null];
const [noOffer, mail] = actionsNamed("mail");
/** z = 2, c ≤ 0.5, c/V ≤ 0.8, V/k ≥ 1.5. */
const program = programWith({
  actions: [noOffer, mail === undefined ? undefined : { ...mail, maxCost: 0.5 }].flatMap((action) => action ?? []),
  guardrails: { confidenceZ: 2, maxCostPerValue: 0.8, minEfficiency: 1.5 },
});

type Economics = readonly [value: number, std: number, cost: number];

/** The fate of one action with this value, standard deviation and cost. */
function fate(...economics: Economics) {
  return prune(situationWith(program, { scores: scoresOf([economics]) }), NOBODY)[1];
}

describe("pruning", () => {
  it.each<[string, Economics, Pruning | null]>([
    ["nothing, when all is well", [1, 0.4, 0.4], null],
    ["an action without a value", [NaN, 0, 0.1], "unpriced"],
    ["an action without a deviation", [1, NaN, 0.1], "unpriced"],
    ["an action without a cost", [1, 0, NaN], "unpriced"],
    ["an infinite value", [Infinity, 0, 0.1], "unpriced"],
    ["a value of zero", [0, 0, 0], "no_value"],
    ["a value below zero, however sure", [-0.000001, 0, 0], "no_value"],
    ["a value of exactly two deviations", [0.8, 0.4, 0.1], "not_credible"],
    ["nothing just above two deviations", [0.800001, 0.4, 0.1], null],
    ["a cost above the action's limit", [10, 0, 0.500001], "too_expensive"],
    ["nothing at exactly the limit", [10, 0, 0.5], null],
    ["a cost of more than 0.8 per value", [0.5, 0, 0.45], "inefficient"],
    ["0.75 per value, which is 1.33 value per cost", [0.4, 0, 0.3], "below_marginal_efficiency"],
    ["nothing at exactly 1.5 value per cost", [0.375, 0, 0.25], null],
    ["nothing that costs nothing", [0.001, 0, 0], null],
    ["nothing that brings money in", [0.001, 0, -3], null],
  ])("%s", (_, economics, expected) => {
    expect(fate(...economics)).toBe(expected);
  });

  it("names the first rule that fails", () => {
    expect(fate(-1, NaN, 9)).toBe("unpriced");
    expect(fate(-1, 5, 9)).toBe("no_value");
    expect(fate(1, 5, 9)).toBe("not_credible");
    expect(fate(1, 0, 9)).toBe("too_expensive");
  });

  it("leaves excluded actions and no_offer alone", () => {
    const situation = situationWith(program, { scores: scoresOf([[-1, 0, 9]]) });
    expect(prune(situation, [null, "paused"])).toEqual([null, null]);
    expect(prune(situation, NOBODY)).toEqual([null, "no_value"]);
  });

  it("prunes nothing where there are no scores to judge by", () => {
    const scores = scoresOf([[NaN, NaN, NaN]]);
    expect(prune(situationWith(program, { scores, basis: "explore" }), NOBODY)).toEqual([null, null]);
    expect(prune(situationWith(program, { scores, basis: "prior" }), NOBODY)).toEqual([null, "unpriced"]);
  });
});
