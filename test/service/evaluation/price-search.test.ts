import { describe, expect, it } from "vitest";
import { gapOf, neighboursOf } from "../../../src/service/evaluation/price-search.ts";

/** What it spends more than the incumbent at each price. */
const CURVE = [
  { lambda: 0, gap: 0.5, standardError: 0.1 },
  { lambda: 1, gap: 0.1, standardError: 0.1 },
  { lambda: 2, gap: -0.3, standardError: 0.1 },
  { lambda: 3, gap: -0.5, standardError: 0.1 },
];

function shifted(by: number) {
  return CURVE.map((point) => ({ ...point, gap: point.gap + by }));
}

describe("the prices at which a candidate spends as much as another policy", () => {
  it("are the last that spends at least as much, and the next that spends at most as much", () => {
    expect(neighboursOf(CURVE, "all rows")).toEqual({ lambdas: [1, 2], reach: "reached" });
  });

  it("of which one may spend exactly as much", () => {
    expect(neighboursOf(shifted(-0.1), "all rows")).toEqual({ lambdas: [1, 2], reach: "reached" });
  });

  it("stand further apart where a sample may be wrong about which of them spends more", () => {
    expect(neighboursOf(CURVE, "a sample")).toEqual({ lambdas: [0, 2], reach: "reached" });
  });

  it("are not there for a candidate that spends less at any price", () => {
    expect(neighboursOf(shifted(-0.6), "all rows")).toEqual({ lambdas: [0], reach: "spends_less" });
  });

  it("are not there for a candidate that spends more at any price", () => {
    expect(neighboursOf(shifted(0.6), "all rows")).toEqual({ lambdas: [3], reach: "spends_more" });
  });
});

describe("what a candidate spends more than another policy", () => {
  const column = (...numbers: readonly number[]) => Float64Array.from(numbers);
  const sample = {
    rows: 2,
    cost: column(1, 0),
    propensity: column(0.5, 0.5),
    expectedCost: { assigned: column(0.5, 0) },
  };
  const policy = (drawn: number) => ({
    drawn: column(drawn, 1 - drawn),
    expectedCost: column(0.5 * drawn, 0.5 * drawn),
  });

  it("is doubly robust, against what the log spent", () => {
    // Row 0: 0.5 + 2·(1 − 0.5) = 1.5, less 1; row 1: 0.5 + 0·(0 − 0), less 0.
    expect(gapOf(sample, policy(1), null)).toEqual({ gap: 0.5, standardError: 0 });
  });

  it("is 0 against the same policy, and known exactly", () => {
    expect(gapOf(sample, policy(0.3), policy(0.3))).toEqual({ gap: 0, standardError: 0 });
  });

  it("has the standard error of a mean of differences", () => {
    // Rows: 1.5 − 0 and 0.5 − 0.
    const nothing = { drawn: column(0, 0), expectedCost: column(0, 0) };
    const { gap, standardError } = gapOf(sample, policy(1), nothing);
    expect(gap).toBeCloseTo(1, 12);
    expect(standardError).toBeCloseTo(Math.sqrt(0.25 / 2), 12);
  });
});
