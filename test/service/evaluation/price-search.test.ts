import { describe, expect, it } from "vitest";
import { neighboursOf } from "../../../src/service/evaluation/price-search.ts";

const CURVE = [
  { lambda: 0, cost: 1 },
  { lambda: 1, cost: 0.6 },
  { lambda: 2, cost: 0.2 },
  { lambda: 3, cost: 0 },
];

describe("the prices at which a candidate spends as much as another policy", () => {
  it("are the last that spends at least as much, and the next that spends at most as much", () => {
    expect(neighboursOf(CURVE, 0.5, "all units")).toEqual({ lambdas: [1, 2], reach: "reached" });
  });

  it("of which one may spend exactly as much", () => {
    expect(neighboursOf(CURVE, 0.6, "all units")).toEqual({ lambdas: [1, 2], reach: "reached" });
  });

  it("stand further apart where some of the units alone are known", () => {
    expect(neighboursOf(CURVE, 0.599, "a sample")).toEqual({ lambdas: [0, 2], reach: "reached" });
  });

  it("are not there for a candidate that spends less at any price", () => {
    expect(neighboursOf(CURVE, 1.1, "all units")).toEqual({ lambdas: [0], reach: "spends_less" });
  });

  it("are not there for a candidate that spends more at any price", () => {
    const exploring = CURVE.map(({ lambda, cost }) => ({ lambda, cost: cost + 0.3 }));
    expect(neighboursOf(exploring, 0.2, "all units")).toEqual({ lambdas: [3], reach: "spends_more" });
  });
});
