import { describe, expect, it } from "vitest";
import { truthReport } from "../../support/truth-report.ts";

const LOGS = 40;
const report = truthReport({ logs: LOGS, units: 600 });

/** `bench/evaluation-truth.ts` has the figures, of a thousand logs; here are enough to see that something is broken. */
describe("evaluations of a world whose effects are known", () => {
  it("holds the truth in its 95 % intervals about as often as it says", () => {
    const { value, difference } = report.covered;
    for (const covered of [value["bootstrap"], value["normal"], value["student_t"], difference]) {
      expect(covered).toBeGreaterThan(0.84);
    }
  });

  it("holds it at every look, in the intervals made for that", () => {
    expect(report.covered.peeking.anytime).toBeGreaterThan(0.9);
    expect(report.covered.peeking.anytime).toBeGreaterThanOrEqual(report.covered.peeking.normal);
  });

  it("errs less with a model than without", () => {
    expect(report.rmse.dr).toBeLessThan(report.rmse.snips);
    expect(report.rmse.snips).toBeLessThan(report.rmse.ips);
  });

  it("does not ship what is truly worse", () => {
    expect(report.trueDifference.worse).toBeLessThan(0);
    expect(report.shipped.worse).toBeLessThanOrEqual(2 / LOGS);
    expect(report.shipped.better).toBeGreaterThan(report.shipped.worse);
  });
});
