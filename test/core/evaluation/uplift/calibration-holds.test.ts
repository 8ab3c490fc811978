import { describe, expect, it } from "vitest";
import type { Calibration } from "../../../../src/core/evaluation/evaluation.ts";
import { calibrationHolds } from "../../../../src/core/evaluation/uplift/calibration-holds.ts";
import { measureCalibration } from "../../../../src/core/evaluation/uplift/measure-calibration.ts";
import { Random } from "../../../../src/simulation/random.ts";

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

/** Of an action that is worth `effect` to a user who is predicted `predicted`; half of the rows are treated. */
interface Action {
  readonly rows: number;
  readonly predicted: (u: number) => number;
  readonly effect: (u: number) => number;
}

/** Value and cost of rows with a noise of one, or of two rows a unit that share half of it. */
function measured(random: Random, { rows, predicted, effect }: Action, rowsPerUnit: 1 | 2) {
  const u = Float64Array.from({ length: rows }, () => random.uniform());
  const treated = Uint8Array.from(u, () => Number(random.uniform() < 0.5));
  const habits = Float64Array.from(u, () => random.normal());
  const unit = Int32Array.from(u, (_, i) => Math.floor(i / rowsPerUnit));
  const outcome = () =>
    u.map(
      (x, i) => (treated[i] ?? NaN) * effect(x) + random.normal() + (rowsPerUnit - 1) * (habits[unit[i] ?? 0] ?? NaN),
    );
  const expected = u.map(predicted);
  const rowsOfBoth = {
    treated,
    unit,
    units: Math.ceil(rows / rowsPerUnit),
    weight: new Float64Array(rows).fill(2),
    value: outcome(),
    cost: outcome(),
    expectedValue: expected,
    expectedCost: expected,
  };
  const terms = { level: 0.95, replicates: 60, seed: 1 };
  return measureCalibration(rowsOfBoth, terms).map((result) => ({ ...result, action: "coupon" }));
}

function refusedShare(worlds: number, actions: readonly Action[], rowsPerUnit: 1 | 2 = 1): number {
  let refused = 0;
  for (let world = 0; world < worlds; world++) {
    const random = new Random(world, "calibration");
    const calibrations = actions.flatMap((action) => measured(random, action, rowsPerUnit));
    refused += Number(!calibrationHolds(calibrations));
  }
  return refused / worlds;
}

/** Right, and as hard as that can be: effects differ so little that every fall of neighbours is as likely as a rise. */
const FLAT = { rows: 600, predicted: (u: number) => 0.001 * u, effect: (u: number) => 0.001 * u };
const STEEP = { rows: 600, predicted: (u: number) => u, effect: (u: number) => u };

describe("in worlds whose effects are known", () => {
  it.each([
    ["one action", [FLAT], 1],
    ["five actions, ten times as many comparisons", [FLAT, FLAT, FLAT, FLAT, FLAT], 1],
    [
      "as few rows as are measured",
      [
        { ...FLAT, rows: 220 },
        { ...FLAT, rows: 220 },
        { ...FLAT, rows: 220 },
      ],
      1,
    ],
    ["units that come again", [FLAT, FLAT], 2],
    ["effects that differ", [STEEP, STEEP], 1],
  ] as const)("right models are refused in a twentieth of worlds at most: %s", (_, actions, rowsPerUnit) => {
    const worlds = 250;
    const error = Math.sqrt((0.05 * 0.95) / worlds);
    expect(refusedShare(worlds, actions, rowsPerUnit)).toBeLessThanOrEqual(0.05 + 3 * error);
  });

  it.each([
    ["ranks backwards", { ...STEEP, effect: (u: number) => 1 - u }],
    ["puts the best of all users last", { ...STEEP, effect: (u: number) => (u < 0.1 ? 2 : u) }],
  ])("a model that %s is refused, beside one that is right", (_, wrong) => {
    expect(refusedShare(20, [{ ...wrong, rows: 2_000 }, STEEP])).toBeGreaterThanOrEqual(0.9);
  });
});
