import { describe, expect, it } from "vitest";
import { logHistogram, shareHistogram } from "../../../src/core/evaluation/histogram.ts";

describe("histograms", () => {
  it("counts shares in forty bins of [0, 1], 1 in the last", () => {
    const { edges, counts } = shareHistogram(Float64Array.of(0, 0.024, 0.026, 1));
    expect(edges[0]).toBe(0);
    expect(edges.at(-1)).toBe(1);
    expect([counts[0], counts[1], counts.at(-1)]).toEqual([2, 1, 1]);
  });

  it("counts by powers of ten what is above 0", () => {
    const { scale, edges, counts } = logHistogram(Float64Array.of(0, 0.02, 1, 50));
    expect(scale).toBe("log10");
    expect([edges[0], edges.at(-1)]).toEqual([-2, 2]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  it("has bins when nothing is above 0", () => {
    expect(logHistogram(new Float64Array(3)).counts.every((count) => count === 0)).toBe(true);
  });
});
