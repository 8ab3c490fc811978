import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DIGIT_SIZE,
  digitOf,
  DIGITS,
  FIRST_DIGIT_SIZE,
  firstDigitOf,
  withDigit,
} from "../../../src/core/numerics/double-digits.ts";

const positive = fc.double({ min: Number.MIN_VALUE, max: 1e300, noNaN: true });

function digitsOf(x: number): readonly number[] {
  return Array.from({ length: DIGITS }, (_, digit) => digitOf(x, digit));
}

describe("a double as digits", () => {
  it("has those of its bits, by hand", () => {
    // 1 is 0x3ff0000000000000; its successor ends in a 1.
    expect(digitsOf(1)).toEqual([0x3ff00, 0, 0, 0]);
    expect(digitsOf(1 + Number.EPSILON)).toEqual([0x3ff00, 0, 0, 1]);
    // 1.9999999999999998 has all bits of its significand set.
    expect(digitsOf(2 - Number.EPSILON)).toEqual([0x3ffff, 0x7fff, 0x7fff, 0x3fff]);
  });

  it("compares as its digits do", () => {
    fc.assert(
      fc.property(positive, positive, (x, y) => {
        const [a, b] = [digitsOf(x), digitsOf(y)];
        const differ = a.findIndex((digit, i) => digit !== b[i]);
        expect(differ < 0 ? 0 : Math.sign((a[differ] ?? 0) - (b[differ] ?? 0))).toBe(Math.sign(x - y));
      }),
    );
  });

  it("has digits within the tables that are made for them", () => {
    fc.assert(
      fc.property(positive, (x) => {
        expect(firstDigitOf(x)).toBe(digitOf(x, 0));
        expect(digitOf(x, 0)).toBeLessThan(FIRST_DIGIT_SIZE);
        for (const digit of [1, 2, 3]) expect(digitOf(x, digit)).toBeLessThan(DIGIT_SIZE);
      }),
    );
  });

  it("is enclosed, digit by digit, down to itself alone", () => {
    fc.assert(
      fc.property(positive, (x) => {
        let low = 0;
        let high = Infinity;
        for (const [digit, value] of digitsOf(x).entries()) {
          const origin = low;
          low = withDigit(origin, digit, value);
          high = withDigit(origin, digit, value + 1);
          expect(low).toBeLessThanOrEqual(x);
          expect(high).toBeGreaterThan(x);
        }
        expect(low).toBe(x);
        // No double lies between.
        expect((low + high) / 2 === low || (low + high) / 2 === high).toBe(true);
      }),
    );
  });
});
