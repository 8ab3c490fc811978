import { describe, expect, it } from "vitest";
import { baselineOf } from "../../../src/core/evaluation/cross-fitted-baseline.ts";
import { Random } from "../../../src/simulation/random.ts";
import { type Row, sampleOf } from "../../support/samples.ts";

const EVEN = [0.5, 0.5];

function linearWorld(rows: number, tau: number): readonly Row[] {
  const random = new Random(3, "baseline");
  return Array.from({ length: rows }, () => {
    const [x, z] = [random.normal(), random.normal()];
    const assigned = random.whole(0, 2);
    return {
      assigned,
      logged: EVEN,
      value: 5 + 2 * x - z + (assigned === 1 ? tau : 0),
      tauValue: [0, tau],
      covariates: [x, 1_000 + z],
    };
  });
}

describe("the baseline of a model that has none", () => {
  it("finds μ0 = E[y | x, no_offer] where it is linear, whatever was offered", () => {
    const rows = linearWorld(2_000, 3);
    const sample = sampleOf(["no_offer", "a"], rows);
    const mu0 = baselineOf(sample, sample.value, sample.expectedValue);
    for (const [i, { covariates: [x = 0, z = 0] = [] }] of rows.entries()) {
      expect(Math.abs((mu0[i] ?? 0) - (5 + 2 * x - (z - 1_000)))).toBeLessThan(0.05);
    }
  });

  it("takes the model's own where there is one", () => {
    const sample = sampleOf(["no_offer", "a"], linearWorld(10, 1));
    const baseline = new Float64Array(10).fill(4);
    expect(baselineOf(sample, sample.value, { ...sample.expectedValue, baseline })).toBe(baseline);
  });

  it("puts a missing covariate at its mean, and needs none at all", () => {
    const rows = linearWorld(500, 1).map((row, i) => ({ ...row, covariates: i % 2 === 0 ? [NaN] : [1] }));
    const mu0 = baselineOf(
      sampleOf(["no_offer", "a"], rows),
      Float64Array.from(rows, () => 2),
      {
        assigned: new Float64Array(500),
        uplift: new Float32Array(1_000),
        baseline: null,
      },
    );
    for (const mu of mu0) expect(mu).toBeCloseTo(2, 6);
  });

  it("does not know a unit's own outcomes: one that is far off moves the others' baselines, not its own", () => {
    const rows: readonly Row[] = Array.from({ length: 50 }, (_, unit) => ({
      unit,
      assigned: 0,
      logged: EVEN,
      value: 1,
    }));
    const sample = sampleOf(["no_offer", "a"], rows);
    const observed = sample.value.slice();
    observed[7] = 1_000;
    const mu0 = baselineOf(sample, observed, sample.expectedValue);
    expect(mu0[7]).toBeCloseTo(1, 9);
    expect(mu0[8]).toBeGreaterThan(20);
  });
});
