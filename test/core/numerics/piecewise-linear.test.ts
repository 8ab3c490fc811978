import { describe, expect, it } from "vitest";
import { piecewiseLinear } from "../../../src/core/numerics/piecewise-linear.ts";

const X = [-1, 0, 2, 5];
const Y = [3, 3, 7, 8];

describe("piecewiseLinear", () => {
  it.each([
    [-2, 3],
    [-1, 3],
    [-0.5, 3],
    [0, 3],
    [1, 5],
    [2, 7],
    [3.5, 7.5],
    [5, 8],
    [9, 8],
  ])("at %d is %d, by hand", (at, expected) => {
    expect(piecewiseLinear(X, Y, at)).toBe(expected);
  });

  it("is constant through a single point", () => {
    expect(piecewiseLinear([1], [4], -10)).toBe(4);
    expect(piecewiseLinear([1], [4], 10)).toBe(4);
  });

  it("passes a missing value on", () => {
    expect(piecewiseLinear(X, Y, NaN)).toBeNaN();
  });
});
