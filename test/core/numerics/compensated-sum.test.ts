import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompensatedSum } from "../../../src/core/numerics/compensated-sum.ts";

function sumOf(terms: readonly number[]): number {
  const sum = new CompensatedSum();
  for (const term of terms) sum.add(term);
  return sum.total();
}

describe("a compensated sum", () => {
  it("keeps what plain addition loses, as in Neumaier's paper", () => {
    expect(sumOf([1, 1e100, 1, -1e100])).toBe(2);
    expect(sumOf(Array.from({ length: 10 }, () => 0.1))).toBe(1);
    expect(sumOf([])).toBe(0);
  });

  it("is the exact sum, rounded, of whole numbers that add up to more than 2^53", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { maxLength: 50 }), (terms) => {
        const exact = terms.reduce((sum, term) => sum + BigInt(term), 0n);
        const scale = terms.reduce((sum, term) => sum + Math.abs(term), 0);
        expect(Math.abs(sumOf(terms) - Number(exact))).toBeLessThanOrEqual(
          Number.EPSILON * Number(exact < 0n ? -exact : exact) + scale * 2 ** -100,
        );
      }),
    );
  });
});
