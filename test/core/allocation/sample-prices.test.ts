import { describe, expect, it } from "vitest";
import { samplePrices } from "../../../src/core/allocation/sample-prices.ts";

/** One user for each amount, each with an offer of action 0 that is worth it, at this cost. */
function usersOf(values: readonly number[], cost: number) {
  const block = {
    users: values.length,
    offsets: Uint32Array.from({ length: values.length + 1 }, (_, i) => i),
    action: new Uint16Array(values.length),
    valueMicros: Float64Array.from(values),
    costMicros: new Float64Array(values.length).fill(cost),
  };
  return { users: values.length, actions: 1, blocks: () => [block] };
}

/** Worth 1 to 100 for nothing. */
const hundred = Array.from({ length: 100 }, (_, i) => (i + 1) * 1e6);
const capped = (offers: number) =>
  ({ budgetMicros: Infinity, costWeight: 0, caps: [{ actions: [0], offers }] }) as const;

describe("prices of a sample", () => {
  it("let as many want an offer as there are: the price is between the last who gets one and the next", () => {
    const [mu = NaN] = samplePrices(usersOf(hundred, 0), capped(30), 1);
    expect(mu).toBeGreaterThanOrEqual(70e6);
    expect(mu).toBeLessThanOrEqual(71e6);
  });

  it("give the sample its share of the cap, also when that is no whole number", () => {
    // 30.5 offers: the thirty-first user, at 70, is half served.
    const [mu = NaN] = samplePrices(usersOf(hundred, 0), capped(3_050), 0.01);
    expect(mu).toBeCloseTo(70e6, -3);
    const [few = NaN] = samplePrices(usersOf(hundred, 0), capped(5), 0.1);
    expect(few).toBeCloseTo(100e6, -4);
  });

  it("are nothing where a cap does not bind, and where nobody can be offered anything of worth", () => {
    const [mu = NaN] = samplePrices(usersOf(hundred, 0), capped(101), 1);
    expect(mu).toBeCloseTo(0, -1);
    expect(samplePrices(usersOf([-5e6, 0], 1e6), capped(1), 1)).toEqual([0]);
    expect(samplePrices(usersOf([], 0), capped(1), 1)).toEqual([0]);
  });

  it("leave to the budget what the budget limits already", () => {
    // 10 of 100 can be paid for; 30 offers are no limit then.
    const constraints = { ...capped(30), budgetMicros: 10e6 };
    const [mu = NaN] = samplePrices(usersOf(hundred, 1e6), constraints, 1);
    expect(mu).toBeCloseTo(0, -1);
  });
});
