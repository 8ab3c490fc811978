import { describe, expect, it } from "vitest";
import { calibrationHolds } from "../../../src/core/evaluation/calibration-holds.ts";
import type { Calibration } from "../../../src/core/evaluation/evaluation.ts";
import { Random } from "../../../src/simulation/random.ts";

const NONE = { estimate: 0, standardError: 0, low: 0, high: 0 };

function calibrationOf(observed: readonly number[], standardError = 0.1): Calibration {
  const bins = observed.map((one, k) => ({ predicted: k, observed: one, standardError, decisions: 100 }));
  return { of: "value", action: "a", bins, slope: NONE, intercept: NONE, ece: 0, falls: 0, credibleFalls: 0 };
}

describe("whether a calibration holds", () => {
  it("holds where what is observed rises, and where it falls within chance", () => {
    expect(calibrationHolds([calibrationOf([0, 0.1, 0.3])])).toBe(true);
    expect(calibrationHolds([calibrationOf([0, 0.1, 0])])).toBe(true);
    expect(calibrationHolds([])).toBe(true);
  });

  it("does not where it falls beyond chance", () => {
    expect(calibrationHolds([calibrationOf([0, 1, 0])])).toBe(false);
  });

  it("lets a right model pass in all but a twentieth of logs, however many bins there are", () => {
    const random = new Random(4, "falls");
    let refused = 0;
    for (let log = 0; log < 400; log++) {
      const calibrations = Array.from({ length: 16 }, () =>
        calibrationOf(Array.from({ length: 10 }, () => 0.1 * random.normal())),
      );
      refused += Number(!calibrationHolds(calibrations));
    }
    // 5 % of 400 is 20; 34 is three standard errors above.
    expect(refused).toBeLessThan(34);
  });
});
