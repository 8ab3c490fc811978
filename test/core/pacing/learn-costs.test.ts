import { describe, expect, it } from "vitest";
import {
  allOf,
  cohortsIn,
  type ObservedCohort,
  offerSums,
  redemptionSums,
} from "../../../src/core/pacing/cost-cohorts.ts";
import { dearestBias, learnCosts, pricedBiases } from "../../../src/core/pacing/learn-costs.ts";
import { actionsNamed } from "../../support/programs.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LIFE = 25 * HOUR;

interface Offers {
  readonly action?: string;
  readonly day?: number;
  readonly offers: number;
  /** Of each offer, whose predicted cost is 1,000 micros. */
  readonly fixedMicros?: number;
  /** What it costs on top, by age. */
  readonly costs: readonly (readonly [ageMs: number, micros: number])[];
}

function cohorts(...each: readonly Offers[]): readonly ObservedCohort[] {
  const sums = each.flatMap(({ action = "mail", day = 100, offers, fixedMicros = 0, costs }) => {
    const name = { program: "p", action, decidedAtMs: day * DAY };
    return Array.from({ length: offers }, () => [
      offerSums(name, { offers: 1, predictedMicros: 1_000, fixedMicros }),
      ...costs.map(([ageMs, micros]) => redemptionSums(name, ageMs, micros)),
    ]).flat();
  });
  return cohortsIn(allOf(sums)).get("p") ?? [];
}

describe("what a program's offers really cost", () => {
  it("is not known where nothing was redeemed: outcomes may not be told at all", () => {
    expect(learnCosts([], LIFE, 200 * DAY)).toBeNull();
    expect(learnCosts(cohorts({ offers: 500, fixedMicros: 10, costs: [] }), LIFE, 103 * DAY)).toBeNull();
  });

  it("is what matured offers cost of what was predicted, an offer's weight of a hundred kept for the prior", () => {
    const seen = cohorts({ offers: 300, costs: [[HOUR / 2, 2_000]] });
    const costs = learnCosts(seen, LIFE, 103 * DAY);
    // (300·2 + 100·1)/400 of all; of the action again with the result of all: (300·2 + 100·1.75)/400.
    expect(costs?.overall.bias).toBeCloseTo(1.75, 9);
    expect(costs?.byAction["mail"]).toMatchObject({
      bias: expect.closeTo(1.9375, 9),
      offers: 300,
      redemptions: 300,
      predictedMicros: 300_000,
      realizedMicros: 600_000,
    });
    expect(costs?.overall.timing.shares[1]).toBeGreaterThan(0.8);
  });

  it("takes nothing for known at ages that offers have not been through", () => {
    const seen = cohorts({ offers: 1_000, costs: [[HOUR / 2, 0]] });
    // The day of the cohort is just over: all of the prior stands, then all but its first 24 of 25 hours.
    expect(learnCosts(seen, LIFE, 101 * DAY)?.overall.bias).toBeCloseTo(1, 9);
    expect(learnCosts(seen, LIFE, 102 * DAY)?.overall.bias).toBeCloseTo((24 / 25) * (100 / 1_100) + 1 / 25, 9);
  });

  it("expects the fixed part at once, so that what costs just that has no bias at any age", () => {
    const seen = cohorts({ offers: 1_000, fixedMicros: 1_000, costs: [[0, 0]] });
    for (const hours of [0, 1, 5, 40]) {
      expect(learnCosts(seen, LIFE, 101 * DAY + hours * HOUR)?.overall.bias).toBeCloseTo(1, 9);
    }
  });

  it("counts what was told too late as the last that could be owed", () => {
    const late = cohorts({ offers: 900, costs: [[20 * DAY, 1_000]] });
    expect(learnCosts(late, LIFE, 130 * DAY)?.overall.timing.shares.at(-2)).toBeLessThan(0.1);
    expect(learnCosts(late, LIFE, 130 * DAY)?.overall.bias).toBeCloseTo(1, 9);
  });

  it("forgets cohorts after sixty days", () => {
    const old = { offers: 100, costs: [[0, 9_000]] } as const;
    const seen = cohorts({ ...old, day: 40 }, { offers: 100, costs: [[0, 1_000]], day: 41 });
    expect(learnCosts(seen, LIFE, 101 * DAY)?.overall.bias).toBeCloseTo(1, 9);
    expect(learnCosts(seen, LIFE, 100 * DAY)?.overall.bias).toBeGreaterThan(2);
  });
});

describe("what offers are priced by", () => {
  const actions = actionsNamed("mail", "call");
  const priced = (...each: readonly Offers[]) =>
    pricedBiases(learnCosts(cohorts(...each), LIFE, 103 * DAY) ?? undefined, actions);

  it("is nothing while nothing is known", () => {
    expect(priced()).toBeNull();
  });

  it("is the bias of each action, that of all where it has none, and 1 for no offer", () => {
    expect(priced({ offers: 300, costs: [[0, 2_000]] })).toEqual([1, 1.9375, 1.75]);
  });

  it("stays within a quarter and four times: outcomes that stop make no offer free", () => {
    const none = { action: "mail", offers: 100_000, costs: [[0, 0]] } as const;
    const dear = { action: "call", offers: 100_000, costs: [[0, 90_000]] } as const;
    expect(priced(none, dear)).toEqual([1, 0.25, 4]);
  });

  it("is at most the dearest of all, which is never below 1", () => {
    const learned = (costMicros: number) => {
      const costs = learnCosts(cohorts({ offers: 300, costs: [[0, costMicros]] }), LIFE, 103 * DAY);
      return costs === null ? [] : [costs];
    };
    expect(dearestBias([])).toBe(1);
    expect(dearestBias(learned(100))).toBe(1);
    expect(dearestBias([...learned(100), ...learned(2_000)])).toBe(1.9375);
  });
});
