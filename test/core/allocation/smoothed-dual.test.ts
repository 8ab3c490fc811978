import { describe, expect, it } from "vitest";
import { arrange } from "../../../src/core/allocation/arrange.ts";
import { openMarket } from "../../../src/core/allocation/market.ts";
import { smoothedDual } from "../../../src/core/allocation/smoothed-dual.ts";
import { someUsers } from "../../support/knapsack.ts";

const ACTIONS = 4;
const users = someUsers({ users: 40, actions: ACTIONS, seed: 5 });
const { block } = arrange(users);
const caps = [
  { actions: [0, 1], offers: 6 },
  { actions: [1, 2, 3], offers: 9 },
] as const;
const market = openMarket(
  { users: block.users, actions: ACTIONS, blocks: () => [block] },
  { budgetMicros: 9e6, costWeight: 0, caps },
);
const PRICES = Float64Array.of(1.2, 0.3e6, 0.4e6);
/** Changes of a price that are small for it. */
const STEPS = [1e-4, 1e2, 1e2];
const TAU = 0.4e6;

function dualAt(prices: Float64Array, tau = TAU) {
  return smoothedDual(market.blocks(), market.resources, { prices, tau });
}

/** The formula as it stands in the literature, one exponential after the other. */
function byFormula(prices: Float64Array): number {
  const [lambda = NaN, ...mu] = prices;
  const net = users.map(({ options }) =>
    options.map(({ action, valueMicros, costMicros }) => {
      const fees = caps.reduce((sum, cap, j) => sum + (cap.actions.some((a) => a === action) ? (mu[j] ?? NaN) : 0), 0);
      return valueMicros - lambda * Math.max(0, costMicros) - fees;
    }),
  );
  const soft = net.map((nets) => TAU * Math.log(1 + nets.reduce((sum, x) => sum + Math.exp(x / TAU), 0)));
  return soft.reduce((sum, x) => sum + x, 0) + lambda * 9e6 + (mu[0] ?? NaN) * 6 + (mu[1] ?? NaN) * 9;
}

function moved(j: number, by: number): Float64Array {
  return PRICES.with(j, (PRICES[j] ?? NaN) + by);
}

describe("the smoothed dual", () => {
  it("is its formula", () => {
    expect(dualAt(PRICES).value / byFormula(PRICES)).toBeCloseTo(1, 12);
  });

  it("has the gradient that differences of the formula come to", () => {
    const { gradient } = dualAt(PRICES);
    for (const [j, step] of STEPS.entries()) {
      const slope = (byFormula(moved(j, step)) - byFormula(moved(j, -step))) / (2 * step);
      expect((gradient[j] ?? NaN) / slope).toBeCloseTo(1, 5);
    }
  });

  it("has the curvature that differences of its gradient come to", () => {
    const { curvature } = dualAt(PRICES);
    for (const [j, step] of STEPS.entries()) {
      const [above, below] = [dualAt(moved(j, step)).gradient, dualAt(moved(j, -step)).gradient];
      for (const i of STEPS.keys()) {
        const slope = ((above[i] ?? NaN) - (below[i] ?? NaN)) / (2 * step);
        expect((curvature[i * 3 + j] ?? NaN) / slope).toBeCloseTo(1, 4);
        expect(curvature[i * 3 + j]).toBe(curvature[j * 3 + i]);
      }
    }
  });

  it("comes down to the dual itself as tau shrinks, never below it", () => {
    const smoothings = [TAU, TAU / 10, TAU / 100, TAU / 1000].map((tau) => {
      const { value, smoothing } = dualAt(PRICES, tau);
      expect(value - smoothing).toBeCloseTo(dualAt(PRICES, 1).value, 0);
      return smoothing;
    });
    for (const [i, smoothing] of smoothings.entries()) {
      expect(smoothing).toBeGreaterThanOrEqual(0);
      expect(smoothing).toBeLessThanOrEqual(smoothings[i - 1] ?? Infinity);
    }
  });
});
