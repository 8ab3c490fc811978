import { describe, expect, it } from "vitest";
import fc from "fast-check";
import {
  binOf,
  BINS,
  demandCarriedOver,
  PRICE_MAX,
  priceForSpend,
  WEIGHT,
  weightAt,
} from "../../../src/core/pacing/efficiency-histogram.ts";
import { added } from "../../../src/core/pacing/sums.ts";

/** A bin is this factor wide. */
const WIDTH = 10 ** (8 / BINS);

/** The sums of arrivals that could each have bought steps of these efficiencies at these costs. */
function demandOf(steps: readonly (readonly [efficiency: number, cost: number])[], arrivals = steps.length) {
  return steps.reduce<Readonly<Record<string, number>>>(
    (sums, [efficiency, cost]) => added(sums, { [binOf(efficiency)]: cost }),
    { [WEIGHT]: arrivals },
  );
}

describe("the efficiency histogram", () => {
  it("has bins of equal ratio from 1e-4 to 1e4, the rest above in the top one and below in none", () => {
    expect([1e-4, 1.001, 0.999, 1e4, Infinity, 0.999e-4, 0].map(binOf)).toEqual([0, 512, 511, 1023, 1023, -1, -1]);
  });

  it("finds the price at which sorted demand spends the amount, within a bin", () => {
    const step = fc.tuple(
      fc.double({ min: -3.9, max: 3.9, noNaN: true }),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
    );
    const anyDemand = fc.array(step, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(anyDemand, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (logs, share) => {
        const steps = logs.map(([log, cost]) => [10 ** log, cost] as const);
        const target = share * steps.reduce((sum, [, cost]) => sum + cost, 0);
        // The oracle: walk the steps from the most efficient down until the money is used up.
        let left = target;
        const marginal = steps.toSorted(([a], [b]) => b - a).find(([, cost]) => (left -= cost) < 0)?.[0] ?? NaN;
        const price = priceForSpend(demandOf(steps), target / steps.length);
        expect(price / marginal).toBeGreaterThan(1 / WIDTH / 1.000_001);
        expect(price / marginal).toBeLessThan(WIDTH * 1.000_001);
      }),
    );
  });

  it("asks nothing when there is money for all, and the top price when there is none or nothing was seen", () => {
    const sums = demandOf([[2, 1]]);
    expect([priceForSpend(sums, 1), priceForSpend(sums, 5)]).toEqual([0, 0]);
    expect([priceForSpend(sums, 0), priceForSpend({}, 1)]).toEqual([PRICE_MAX, PRICE_MAX]);
  });

  it("counts an arrival double after each 0.3 of the period", () => {
    expect(weightAt(0.6) / weightAt(0.3)).toBeCloseTo(2, 12);
    // One late arrival that could spend 1 outweighs an early one that could not: 1 per arrival of weight 4 against 1.
    const early = { [WEIGHT]: weightAt(0) };
    const late = { [WEIGHT]: weightAt(0.6), [600]: weightAt(0.6) };
    const sums = added(early, late);
    expect(priceForSpend(sums, 0.81)).toBe(0);
    expect(priceForSpend(sums, 0.79)).toBeGreaterThan(0);
  });

  it("reads the same prices in the next period from a fifth of the weights", () => {
    const sums = {
      ...demandOf([
        [3, 1],
        [0.5, 2],
      ]),
      arrivals: 2,
    };
    const carried = demandCarriedOver(sums);
    expect(carried).toEqual({ [WEIGHT]: 0.4, [binOf(3)]: 0.2, [binOf(0.5)]: 0.4 });
    expect(priceForSpend(carried, 0.7)).toBeCloseTo(priceForSpend(sums, 0.7), 12);
  });
});
