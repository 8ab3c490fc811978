import { describe, expect, it } from "vitest";
import { perArrival, priceFloor, priceOf, trimAfter } from "../../../src/core/pacing/shadow-price.ts";
import { programWith } from "../../support/programs.ts";

const price = { base: 2, trim: 0.1, rho: 0.5, used: 0 };

describe("the shadow price", () => {
  it("is the base times e to the trim, and never below the floor", () => {
    expect(priceOf({ base: 2, trim: Math.log(1.5) }, 0)).toBeCloseTo(3, 12);
    expect(priceOf({ base: 2, trim: 0 }, 2.5)).toBe(2.5);
  });

  it("gives each arrival its share of what is left, and nobody anything when nobody comes", () => {
    expect([perArrival(100, 50), perArrival(-1, 50), perArrival(5, Infinity), perArrival(100, 0)]).toEqual([
      2,
      0,
      0,
      null,
    ]);
  });

  it("rises by 0.3/√N for every arrival's target that was used too much", () => {
    // 10 arrivals with a target of 0.5 used 8 instead of 5: 6 targets too much.
    const ended = { arrivals: 10, used: 8, share: 0, expected: 3600 };
    expect(trimAfter(price, ended)).toBeCloseTo(0.1 + (0.3 / 60) * 6, 12);
  });

  it("falls when too little was used, and stays within 1", () => {
    expect(trimAfter(price, { arrivals: 10, used: 0, share: 0, expected: 3600 })).toBeCloseTo(0.1 - 0.05, 12);
    expect(trimAfter(price, { arrivals: 1e6, used: 0, share: 0, expected: 1e6 })).toBe(-1);
    expect(trimAfter(price, { arrivals: 0, used: 1e6, share: 0, expected: 1e6 })).toBe(1);
  });

  it("forgets a twentieth in 1/1440 of the period, also when nobody came", () => {
    expect(trimAfter(price, { arrivals: 0, used: 0, share: 2 / 1440, expected: 3600 })).toBeCloseTo(
      0.1 * 0.95 ** 2,
      12,
    );
  });

  it.each([null, 0])("only forgets while there is no target to miss (ρ = %s)", (rho) => {
    expect(trimAfter({ ...price, rho }, { arrivals: 10, used: 8, share: 0, expected: 3600 })).toBe(0.1);
  });

  it("has the guardrail's efficiency less the weight of the cost as its floor", () => {
    const guardrails = { confidenceZ: 0, maxCostPerValue: Infinity, minEfficiency: 1.2 };
    const value = { costWeight: 0 as const, value: [], cost: "incentive" };
    expect(priceFloor(programWith({ guardrails }))).toBeCloseTo(0.2, 12);
    expect(priceFloor(programWith({ guardrails, objective: value }))).toBe(1.2);
    expect(priceFloor(programWith({ guardrails: { ...guardrails, minEfficiency: 0.5 } }))).toBe(0);
  });
});
