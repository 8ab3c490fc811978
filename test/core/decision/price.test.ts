import { describe, expect, it } from "vitest";
import { efficiencyOf, price } from "../../../src/core/decision/price.ts";
import { dueCost } from "../../../src/core/domain/due-cost.ts";
import { programWith, scoresOf, situationWith, UNPACED } from "../../support/programs.ts";

const ALL = { excluded: [null, null, null], pruned: [null, null, null] };
const profit = programWith();
const value = programWith({ objective: { costWeight: 0, value: [], cost: "incentive" } });
/** V, σ, c of two actions: 0.41 for 0.12, and 0.3 for an income of 0.05. */
const scores = scoresOf([
  [0.41, 0.11, 0.12],
  [0.3, 0, -0.05],
]);

describe("price", () => {
  it("takes the cost off when profit is maximized, and not when value is", () => {
    expect(price(situationWith(profit, { scores }), ALL)).toEqual([0, 0.29, 0.3]);
    expect(price(situationWith(value, { scores }), ALL)).toEqual([0, 0.41, 0.3]);
  });

  it("adds the shadow price to the weight of the cost, to the micro", () => {
    const pacing = { ...UNPACED, lambda: 0.31 };
    // 0.41 − 1.31·0.12 = 0.2528 and 0.41 − 0.31·0.12 = 0.3728.
    expect(price(situationWith(profit, { scores, pacing }), ALL)[1]).toBe(0.2528);
    expect(price(situationWith(value, { scores, pacing }), ALL)[1]).toBe(0.3728);
  });

  it("charges a cost below zero as nothing: noise does not pay for itself", () => {
    expect(price(situationWith(profit, { scores, pacing: { ...UNPACED, lambda: 100 } }), ALL)[2]).toBe(0.3);
  });

  it("counts the cost that falls due in this period", () => {
    const pacing = { ...UNPACED, lambda: 1, inPeriod: [1, 0.5, 2] };
    // 0.41 − 2·0.06; an income stays nothing.
    expect(price(situationWith(profit, { scores, pacing }), ALL)).toEqual([0, 0.29, 0.3]);
    expect([0.12, -0.05, NaN].map((cost) => dueCost(cost, pacing, 1))).toEqual([0.06, 0, NaN]);
  });

  it("takes off the price of every volume an offer counts against", () => {
    const pacing = { ...UNPACED, mu: { "channel:email": 0.1, "action:mens_email": 0.05, "action:other": 9 } };
    // 0.29 − 0.1 − 0.05 and 0.3 − 0.1; doing nothing counts against none.
    expect(price(situationWith(profit, { scores, pacing }), ALL)).toEqual([0, 0.14, 0.2]);
  });

  it("puts what is excluded, pruned or not scored below everything", () => {
    const situation = situationWith(profit, { scores });
    expect(price(situation, { ...ALL, excluded: [null, "paused", "paused"] })).toEqual([0, -Infinity, -Infinity]);
    expect(price(situation, { ...ALL, pruned: [null, "not_credible", null] })).toEqual([0, -Infinity, 0.3]);
    const unscored = situationWith(profit, {
      scores: scoresOf([
        [NaN, NaN, NaN],
        [0.41, 0.11, 0.12],
      ]),
    });
    expect(price(unscored, ALL)).toEqual([0, -Infinity, 0.29]);
  });
});

describe("efficiency", () => {
  it.each([
    ["is value per cost", 0.5, 0.125, 4],
    ["of a free lunch is without bound", 0.3, 0, Infinity],
    ["of nothing for nothing is none", 0, 0, NaN],
    ["of a loss is negative", -1, 0.5, -2],
    ["of a free lunch at a cost of −0 is without bound", 0.3, -0, Infinity],
    ["of a loss for nothing is without bound", -1, 0, -Infinity],
  ])("%s", (_, gained, cost, expected) => {
    expect(efficiencyOf(gained, cost)).toBe(expected);
  });
});
