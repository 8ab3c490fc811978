import { describe, expect, it } from "vitest";
import { Clusters } from "../../../src/core/evaluation/clusters.ts";
import { slicesOf } from "../../../src/core/evaluation/slices.ts";
import { Random } from "../../../src/simulation/random.ts";
import { type Row, sampleOf } from "../../support/samples.ts";

const LABELS = ["steady", "losing", "few"];
const TERMS = { level: 0.95, tolerance: 0, minSliceRows: 30 };

/** Rows of three groups; what the candidate changes by group. */
function judged(change: readonly number[], terms = TERMS) {
  const random = new Random(2, "slices");
  const rows: readonly Row[] = Array.from({ length: 2_000 }, (_, i) => ({
    assigned: 0,
    logged: [0.5, 0.5],
    value: 0,
    slice: i < 20 ? 2 : i % 2,
  }));
  const sample = sampleOf(["no_offer", "a"], rows, LABELS);
  const clusters = new Clusters(sample, { level: 0.95, replicates: 100, seed: 1 });
  const value = Float64Array.from(rows, ({ slice = 0 }) => (change[slice] ?? 0) + random.normal());
  const none = new Float64Array(rows.length);
  const paired = { value, cost: none };
  return slicesOf(sample, clusters, { paired, slope: 1, offered: { candidate: none, incumbent: none } }, terms);
}

describe("slices", () => {
  it("finds the one that is harmed, and says how much", () => {
    const [steady, losing] = judged([0, -0.4]);
    expect(steady?.harmed).toBe(false);
    expect(losing?.harmed).toBe(true);
    expect(losing?.value?.estimate).toBeCloseTo(-0.4, 0);
  });

  it("does not call a loss within the tolerance harm", () => {
    expect(judged([0, -0.4], { ...TERMS, tolerance: 0.5 })[1]?.harmed).toBe(false);
  });

  it("does not judge a slice of few decisions, and counts it", () => {
    const few = judged([0, 0, -9])[2];
    expect(few).toMatchObject({ decisions: 20, units: 20, value: null, cost: null, harmed: false });
  });

  it("calls chance harm in a twentieth of logs at most, whatever the number of slices", () => {
    const random = new Random(9, "holm");
    let wrong = 0;
    for (let log = 0; log < 200; log++) {
      const rows: readonly Row[] = Array.from({ length: 1_000 }, (_, i) => ({
        assigned: 0,
        logged: [0.5, 0.5],
        value: 0,
        slice: i % 10,
      }));
      const labels = Array.from({ length: 10 }, (_, k) => `g${k}`);
      const sample = sampleOf(["no_offer", "a"], rows, labels);
      const clusters = new Clusters(sample, { level: 0.95, replicates: 2, seed: 1 });
      const none = new Float64Array(rows.length);
      const paired = { value: Float64Array.from(rows, () => random.normal()), cost: none };
      const about = { paired, slope: 1, offered: { candidate: none, incumbent: none } };
      wrong += Number(slicesOf(sample, clusters, about, TERMS).some(({ harmed }) => harmed));
    }
    // 5 % of 200 is 10; 20 is more than three standard errors above.
    expect(wrong).toBeLessThan(20);
  });

  it("weighs a loss against what is saved, at what money buys", () => {
    const rows: readonly Row[] = Array.from({ length: 100 }, () => ({ assigned: 0, logged: [0.5, 0.5], value: 0 }));
    const sample = sampleOf(["no_offer", "a"], rows, ["all"]);
    const clusters = new Clusters(sample, { level: 0.95, replicates: 10, seed: 1 });
    const paired = { value: new Float64Array(100).fill(-1), cost: new Float64Array(100).fill(-0.6) };
    const none = new Float64Array(100);
    const about = { paired, offered: { candidate: none, incumbent: none } };
    expect(slicesOf(sample, clusters, { ...about, slope: 2 }, TERMS)[0]?.harmed).toBe(false);
    expect(slicesOf(sample, clusters, { ...about, slope: 1 }, TERMS)[0]?.harmed).toBe(true);
  });
});
