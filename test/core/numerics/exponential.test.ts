import { describe, expect, it } from "vitest";
import { exponential } from "../../../src/core/numerics/exponential.ts";
import { uniformFromHash } from "../../../src/core/numerics/murmur3.ts";

describe("e^x", () => {
  // Oracle: the decimal expansions of e^x, from published tables (Abramowitz & Stegun, table 4.4, and e itself).
  it.each([
    [0, 1],
    [-0, 1],
    [-0.1, 0.9048374180359596],
    [-0.5, 0.6065306597126334],
    [-1, 0.36787944117144233],
    [-2, 0.1353352832366127],
    [-10, 4.5399929762484854e-5],
    [-100, 3.720075976020836e-44],
  ])("of %d is within one unit in the last place", (x, expected) => {
    expect(Math.abs(exponential(x) - expected)).toBeLessThanOrEqual(expected * 2 ** -52);
  });

  it("is nothing where it is too small to be a normal number, and never below 0", () => {
    expect([exponential(-Infinity), exponential(-1e300), exponential(-708)]).toEqual([0, 0, 0]);
    expect(exponential(-707)).toBeGreaterThan(0);
  });

  it("agrees with the platform's own to two units in the last place, everywhere", () => {
    for (let i = 0; i < 100_000; i++) {
      const x = -707 * uniformFromHash(`x-${i}`) ** 4;
      const own = Math.exp(x);
      expect(Math.abs(exponential(x) - own) <= own * 2 ** -51).toBe(true);
    }
  });

  it("never falls where x rises", () => {
    let last = 0;
    for (let x = -707; x <= 0; x += 0.0137) {
      const now = exponential(x);
      expect(now >= last).toBe(true);
      last = now;
    }
  });
});
