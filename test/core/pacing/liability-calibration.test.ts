import { describe, expect, it } from "vitest";
import { forecastArrivals } from "../../../src/core/pacing/arrival-forecast.ts";
import {
  calibrateCosts,
  calibrationFor,
  type Cohort,
  type CostCalibration,
  liabilityWithin,
  remainingInPeriod,
  shareBy,
  shareDue,
} from "../../../src/core/pacing/liability-calibration.ts";

const DAY = 86_400_000;
const agesMs = [0, DAY, 2 * DAY, 4 * DAY];
/** No bias, evenly over four days. */
const prior: CostCalibration = { bias: 1, timing: { agesMs, shares: [0, 0.25, 0.5, 1] } };

/** A large cohort whose costs fell due in these amounts per unit predicted. */
function cohort(action: string, decidedAtMs: number, perPredicted: readonly number[], offers = 1e9): Cohort {
  const predictedMicros = offers * 100;
  return {
    action,
    offers,
    decidedAtMs,
    predictedMicros,
    realizedMicros: perPredicted.map((each) => each * predictedMicros),
  };
}

describe("calibrating costs", () => {
  it("stays with the prior while nothing is seen", () => {
    const { overall, byAction } = calibrateCosts([], prior, 0);
    expect([overall, byAction]).toEqual([prior, {}]);
    expect(calibrateCosts([cohort("a", 0, [9, 9, 9])], prior, DAY - 1).overall).toEqual(prior);
  });

  it("finds bias and timing of matured cohorts", () => {
    const { overall } = calibrateCosts([cohort("a", 0, [0.7, 0.1, 0.5])], prior, 4 * DAY);
    expect(overall.bias).toBeCloseTo(1.3, 6);
    expect(overall.timing.shares).toEqual([0, ...[0.7, 0.8, 1.3].map((sum) => expect.closeTo(sum / 1.3, 6))]);
  });

  it("keeps the prior for ages that no cohort has been through, and uses each bin of those that have", () => {
    // Only the first cohort is two days old: bins 1 and 2 are seen, the last (half of the prior) is not.
    const young = cohort("a", DAY, [0.3, 77, 77]);
    const { overall } = calibrateCosts([cohort("a", 0, [0.5, 0.2, 77]), young], prior, 2 * DAY);
    expect(overall.bias).toBeCloseTo(0.4 + 0.2 + 0.5, 6);
  });

  it("shrinks an action with few offers to all, and leaves one with many where it is", () => {
    const many = cohort("many", 0, [1, 0, 0]);
    const few = cohort("few", 0, [3, 0, 0], 100);
    const costs = calibrateCosts([many, few], prior, 4 * DAY);
    expect(calibrationFor(costs, "many").bias).toBeCloseTo(1, 5);
    // 100 offers of its own against 100 of the mean.
    expect(calibrationFor(costs, "few").bias).toBeCloseTo(2, 5);
    expect(calibrationFor(costs, "new")).toBe(costs.overall);
  });
});

describe("the money of a period", () => {
  const costs = { overall: prior, byAction: { dear: { ...prior, bias: 2 } } };

  it("reads shares between the ages that are known", () => {
    expect([-1, 0, DAY / 2, 3 * DAY, 9 * DAY].map((ageMs) => shareBy(prior.timing, ageMs))).toEqual([
      0, 0, 0.125, 0.75, 1,
    ]);
  });

  it("expects of open offers what falls due until the end, and no more", () => {
    const open = [
      { action: "new", ageMs: DAY, predictedMicros: 100 },
      { action: "dear", ageMs: 0, predictedMicros: 100 },
      { action: "new", ageMs: 4 * DAY, predictedMicros: 1e9 },
    ];
    // From a day to two: 0.25 of 100; from none to one: 0.25 of 200.
    expect(liabilityWithin(costs, open, DAY)).toBeCloseTo(75, 9);
  });

  it("counts offers to come by what of them falls due, never below a tenth", () => {
    const hours = (days: number) => Array.from({ length: days * 24 }, (_, hour) => hour % 168);
    const forecast = forecastArrivals({ startMs: 0, endMs: 8 * DAY, hours: hours(8) }, null);
    // Four days in which all falls due; then the mean of the timing over four days: 3/16 + 1/16 + 1/32.
    const lastFour = (0.75 * 2 + 0.375 + 0.125) / 4;
    expect(shareDue(prior, forecast, 0)).toBeCloseTo((1 + lastFour) / 2, 3);
    expect(shareDue(prior, forecast, 4 * DAY)).toBeCloseTo(lastFour, 3);
    expect([8 * DAY - 1000, 8 * DAY].map((atMs) => shareDue(prior, forecast, atMs))).toEqual([0.1, 0.1]);
  });

  it("is what there was, less what was paid, is expected and is kept back", () => {
    const account = { amountMicros: 1000, settledMicros: 300, liabilityMicros: 400, paymentMicros: 4, z: 0 };
    expect(remainingInPeriod(account)).toBe(300);
    expect(remainingInPeriod({ ...account, z: 2 })).toBe(300 - 2 * 40);
  });
});
