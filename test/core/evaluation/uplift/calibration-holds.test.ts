import { describe, expect, it } from "vitest";
import type { Calibration } from "../../../../src/core/evaluation/evaluation.ts";
import { calibrationHolds } from "../../../../src/core/evaluation/uplift/calibration-holds.ts";

function calibration(observed: readonly number[], slope = 1): Calibration {
  return {
    of: "value",
    action: "coupon",
    bins: observed.map((effect, i) => ({ predicted: i, observed: effect, standardError: 1, decisions: 100 })),
    slope: { estimate: slope, standardError: 0.1, low: slope - 0.2, high: slope + 0.2 },
    intercept: { estimate: 0, standardError: 0.1, low: -0.2, high: 0.2 },
    ece: 0,
    falls: 0,
    credibleFalls: 0,
  };
}

const RISING = Array.from({ length: 10 }, (_, i) => i);

describe("calibration over all actions", () => {
  it("holds where nothing speaks against it", () => {
    expect(calibrationHolds([])).toBe(true);
    expect(calibrationHolds([calibration(RISING)])).toBe(true);
  });

  it("does not hold where one fall is beyond what chance does", () => {
    expect(calibrationHolds([calibration([0, 1, 6, 1, 7])])).toBe(false);
  });

  it("holds where one of many comparisons falls by two errors", () => {
    const fall = [0, 1, 2, 5, 2.1, 6, 7, 8, 9, 10];
    expect(calibrationHolds([calibration(fall), ...Array.from({ length: 9 }, () => calibration(RISING))])).toBe(true);
  });

  it("does not hold where the ranking is backwards, little by little", () => {
    const backwards = RISING.map((i) => -i / 2);
    expect(calibrationHolds([calibration(backwards, -0.5)])).toBe(false);
    expect(calibrationHolds([calibration(backwards, -0.1)])).toBe(true);
  });
});
