import { describe, expect, it } from "vitest";
import { Random } from "../../src/simulation/random.ts";

describe("seeded random numbers", () => {
  it("are the same for a seed and stream, and others for another", () => {
    const first = (seed: number, stream: string) => {
      const random = new Random(seed, stream);
      return [random.uniform(), random.uniform(), random.uniform()];
    };
    expect(first(1, "a")).toEqual(first(1, "a"));
    expect(first(1, "a")).not.toEqual(first(2, "a"));
    expect(first(1, "a")).not.toEqual(first(1, "b"));
  });

  it("fill 16 bins evenly and do not follow each other: chi-square below its 99.9 % quantile", () => {
    const random = new Random(7, "uniform");
    const pairs = new Array<number>(256).fill(0);
    for (let i = 0; i < 51_200; i++) {
      const bin = random.whole(0, 16) * 16 + random.whole(0, 16);
      pairs[bin] = (pairs[bin] ?? 0) + 1;
    }
    const chiSquare = pairs.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    // 255 degrees of freedom.
    expect(chiSquare).toBeLessThan(330.5);
  });

  it("of neighbouring seeds are not alike", () => {
    const firsts = Array.from({ length: 10_000 }, (_, seed) => new Random(seed, "day").uniform());
    const mean = firsts.reduce((sum, x) => sum + x, 0) / firsts.length;
    const products = firsts.slice(1).map((x, i) => (x - 0.5) * ((firsts[i] ?? 0) - 0.5));
    const correlation = (12 * products.reduce((sum, x) => sum + x, 0)) / products.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(correlation)).toBeLessThan(0.04);
  });

  it("are standard normal when asked", () => {
    const random = new Random(3, "normal");
    const draws = Array.from({ length: 40_000 }, () => random.normal());
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const square = draws.reduce((sum, x) => sum + x * x, 0) / draws.length;
    const fourth = draws.reduce((sum, x) => sum + x ** 4, 0) / draws.length;
    expect([mean, square, fourth]).toEqual([expect.closeTo(0, 1), expect.closeTo(1, 1), expect.closeTo(3, 0)]);
  });
});
