import { describe, expect, it } from "vitest";
import { meanOf, moments } from "../../../src/core/numerics/moments.ts";

describe("moments", () => {
  it("are the mean and the sample standard deviation of a textbook sample", () => {
    // 2,4,4,4,5,5,7,9: mean 5, sum of squared gaps 32, 32/7 = 4.571428…
    expect(moments([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, std: Math.sqrt(32 / 7) });
  });

  it("of one value have no spread", () => {
    expect(moments([0.25])).toEqual({ mean: 0.25, std: 0 });
  });

  it("read float32 outputs in double", () => {
    expect(meanOf(Float32Array.of(0.5, 0.25))).toBe(0.375);
  });

  it("of nothing are not a number", () => {
    expect(meanOf([])).toBeNaN();
  });
});
