import { describe, expect, it } from "vitest";
import { poissonWeights } from "../../../src/core/numerics/poisson-weights.ts";

const UNITS = 200_000;

describe("weights of a bootstrap replicate", () => {
  it("are distributed by Poisson's law of mean 1", () => {
    const counts = [0, 0, 0, 0, 0];
    for (const weight of poissonWeights(UNITS, { seed: 1, replicate: 0 })) {
      if (weight < counts.length) counts[weight] = (counts[weight] ?? 0) + 1;
    }
    [1, 1, 1 / 2, 1 / 6, 1 / 24].forEach((factor, k) => {
      const share = factor / Math.E;
      const errors = ((counts[k] ?? NaN) / UNITS - share) / Math.sqrt((share * (1 - share)) / UNITS);
      expect(Math.abs(errors)).toBeLessThan(4);
    });
  });

  it("are the same for the same seed and replicate, and unrelated for another", () => {
    const first = poissonWeights(UNITS, { seed: 1, replicate: 0 });
    expect(poissonWeights(UNITS, { seed: 1, replicate: 0 })).toEqual(first);
    for (const other of [
      { seed: 1, replicate: 1 },
      { seed: 2, replicate: 0 },
    ]) {
      const weights = poissonWeights(UNITS, other);
      const covariance = first.reduce((sum, weight, i) => sum + (weight - 1) * ((weights[i] ?? NaN) - 1), 0) / UNITS;
      expect(Math.abs(covariance)).toBeLessThan(4 / Math.sqrt(UNITS));
    }
  });
});
