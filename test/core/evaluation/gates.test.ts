import { describe, expect, it } from "vitest";
import { gatesOf, summaryOfWeights } from "../../../src/core/evaluation/gates.ts";

const EVEN = { ess: 1_000, mean: 1, max: 1, maxShare: 0.001 };
const FINE = { rows: 1_000, weights: EVEN, meanError: 0.01, unsupported: 0, pValueSrm: 0.4 };

function failed(measures: Partial<typeof FINE>): readonly string[] {
  return gatesOf({ ...FINE, ...measures })
    .filter(({ passed }) => !passed)
    .map(({ gate }) => gate);
}

describe("the gates of an evaluation", () => {
  it("sums weights up: (Σw)²/Σw², their mean, the largest and its share", () => {
    expect(summaryOfWeights(Float64Array.of(1, 1, 2))).toEqual({ ess: 16 / 6, mean: 4 / 3, max: 2, maxShare: 0.5 });
    expect(summaryOfWeights(new Float64Array(2))).toEqual({ ess: 0, mean: 0, max: 0, maxShare: 1 });
  });

  it("lets a log that can answer through", () => {
    expect(failed({})).toEqual([]);
  });

  it.each([
    ["ess", { weights: { ...EVEN, ess: 199 } }],
    ["ess", { rows: 100_000, weights: { ...EVEN, ess: 999 } }],
    ["max_weight", { weights: { ...EVEN, maxShare: 0.051 } }],
    ["mean_weight", { weights: { ...EVEN, mean: 1.031 } }],
    ["mean_weight", { weights: { ...EVEN, mean: 0.969 } }],
    ["support", { unsupported: 0.0101 }],
    ["srm", { pValueSrm: 0.0009 }],
  ])("does not pass: %s", (gate, measures) => {
    expect(failed(measures)).toEqual([gate]);
  });

  it("says what was measured and what is allowed", () => {
    const [ess] = gatesOf({ ...FINE, rows: 10_000, weights: { ...EVEN, ess: 2.0778 } });
    expect(ess?.says).toBe(
      "The 10000 decisions say as much of the candidate as 2.08 of its own would; at least 200 are needed.",
    );
  });
});
