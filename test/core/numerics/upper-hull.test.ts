import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { hullFor, upperHull } from "../../../src/core/numerics/upper-hull.ts";

/** The steps as plain numbers. */
function stepsOf(value: readonly number[], cost: readonly number[]): readonly (readonly [number, number, number])[] {
  const hull = hullFor(value.length);
  const steps = upperHull({ value, cost, from: 0, to: value.length }, hull);
  return Array.from({ length: steps }, (_, i) => [hull.option[i] ?? -1, hull.value[i] ?? NaN, hull.cost[i] ?? NaN]);
}

/** Whole numbers, so that sums and products are exact. */
const options = fc.array(
  fc.record({ value: fc.integer({ min: -20, max: 100 }), cost: fc.integer({ min: 0, max: 40 }) }),
  {
    maxLength: 12,
  },
);

describe("the upper hull of a user's options", () => {
  it("leaves out what lies under a line between two others, by hand", () => {
    expect(stepsOf([2, 3, 2.5], [1, 2, 2])).toEqual([
      [0, 2, 1],
      [1, 1, 1],
    ]);
    expect(stepsOf([1, 4], [1, 2])).toEqual([[1, 4, 2]]);
  });

  it("begins with a free lunch, at no cost", () => {
    expect(stepsOf([1, 3], [0, 1])).toEqual([
      [0, 1, 0],
      [1, 2, 1],
    ]);
  });

  it("has no steps for options that are worth nothing, not finite, or not there", () => {
    expect(stepsOf([0, -1, NaN, Infinity, 5, 5], [1, 1, 1, 1, NaN, Infinity])).toEqual([]);
    expect(stepsOf([], [])).toEqual([]);
  });

  it("reads only the user's own options", () => {
    const hull = hullFor(1);
    expect(upperHull({ value: [9, 2, 9], cost: [1, 1, 1], from: 1, to: 2 }, hull)).toBe(1);
    expect([...hull.option]).toEqual([1]);
  });

  it("holds the best choice at every price, and efficiency falls from step to step", () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 0, max: 200 }), (choices, priceTimesTen) => {
        const price = priceTimesTen / 10;
        const steps = stepsOf(
          choices.map(({ value }) => value),
          choices.map(({ cost }) => cost),
        );
        const best = choices.reduce((most, { value, cost }) => Math.max(most, value - price * cost), 0);
        const climbed = steps.reduce((sum, [, value, cost]) => sum + Math.max(0, value - price * cost), 0);
        expect(climbed).toBeCloseTo(best, 9);
        const efficiencies = steps.map(([, value, cost]) => value / cost);
        expect(efficiencies.every((efficiency, i) => i === 0 || efficiency < (efficiencies[i - 1] ?? 0))).toBe(true);
      }),
    );
  });
});
