import { describe, expect, it } from "vitest";
import type { Expected, Sample } from "../../../../src/core/evaluation/sample.ts";
import { calibrationHolds } from "../../../../src/core/evaluation/uplift/calibration-holds.ts";
import { comparableRows } from "../../../../src/core/evaluation/uplift/comparable-rows.ts";
import { measureAction } from "../../../../src/core/evaluation/uplift/measure-action.ts";
import { uniformFromHash } from "../../../../src/core/numerics/murmur3.ts";

const ROWS = 20_000;
const ACTIONS = ["no_offer", "coupon", "call"] as const;
const TERMS = { level: 0.95, replicates: 60, seed: 7, floor: 0.001 };

/**
 * A world whose effects are known: with u uniform, the coupon brings 2u for a cost of 1, the call brings 0.5 for a
 * cost of u. Who has a high u gets the coupon more often, and brings more anyway: unweighted, its effect is wrong.
 */
function world({ predicted }: { readonly predicted: (u: number) => number }): Sample {
  const draw = (what: string) => Float64Array.from({ length: ROWS }, (_, i) => uniformFromHash(`${what}${i}`));
  const u = draw("u");
  const luck = draw("luck");
  const noise = draw("noise");
  const logged = Float32Array.from({ length: ROWS * 3 }, (_, k) => {
    const coupon = 0.2 + 0.5 * (u[Math.floor(k / 3)] ?? NaN);
    return [0.9 - coupon, coupon, 0.1][k % 3] ?? NaN;
  });
  const assigned = Uint8Array.from(luck, (z, i) => {
    const none = logged[i * 3] ?? NaN;
    if (z < none) return 0;
    return z < none + (logged[i * 3 + 1] ?? NaN) ? 1 : 2;
  });
  const effects = (i: number) => [0, 2 * (u[i] ?? NaN), 0.5];
  const costs = (i: number) => [0, 1, u[i] ?? NaN];
  const expected = (of: (i: number, action: number) => number): Expected => ({
    assigned: Float64Array.from(assigned, (action, i) => of(i, action)),
    uplift: Float32Array.from({ length: ROWS * 3 }, (_, k) => of(Math.floor(k / 3), k % 3)),
    baseline: null,
  });
  return {
    actions: ACTIONS,
    rows: ROWS,
    unit: Int32Array.from(u, (_, i) => i),
    units: ROWS,
    timeMs: new Float64Array(ROWS),
    arm: new Uint8Array(ROWS),
    assigned,
    given: Int8Array.from(assigned),
    propensity: Float64Array.from(assigned, (action, i) => logged[i * 3 + action] ?? NaN),
    logged,
    value: Float64Array.from(
      assigned,
      (action, i) => (effects(i)[action] ?? NaN) + 3 * (u[i] ?? NaN) + (noise[i] ?? NaN),
    ),
    cost: Float64Array.from(assigned, (action, i) => costs(i)[action] ?? NaN),
    expectedValue: expected((i, action) => (action === 1 ? predicted(u[i] ?? NaN) : (effects(i)[action] ?? NaN))),
    expectedCost: expected((i, action) => costs(i)[action] ?? NaN),
    covariates: new Float32Array(),
    covariateNames: [],
    lambda: new Float64Array(ROWS),
    slices: [],
  };
}

function measured(sample: Sample, terms = TERMS) {
  const actions = sample.actions.flatMap((action, at) => {
    const rows = at === 0 ? null : comparableRows(sample, at, terms.floor);
    return rows === null ? [] : [{ action, ...measureAction(rows, terms) }];
  });
  return {
    uplift: actions.map(({ action, uplift }) => ({ action, ...uplift })),
    calibration: actions.flatMap(({ action, calibration }) => calibration.map((result) => ({ ...result, action }))),
  };
}

describe("uplift of a sample", () => {
  const good = world({ predicted: (u) => 2 * u });

  it("is near what is true of the world, for every paid action", () => {
    const [coupon, call] = measured(good).uplift;
    expect([coupon?.action, call?.action]).toEqual(["coupon", "call"]);
    // Best first, the uplift curve is ∫₁₋ₓ¹ 2u du = 2x − x²: area 2/3, and 1/2 under the straight line.
    expect(Math.abs((coupon?.auuc.estimate ?? NaN) - 1 / 6)).toBeLessThan(4 * (coupon?.auuc.standardError ?? NaN));
    expect(Math.abs((coupon?.qini.estimate ?? NaN) - 1 / 6)).toBeLessThan(4 * (coupon?.qini.standardError ?? NaN));
    // It costs the same for all: area 2/3 of 1·1.
    expect(Math.abs((coupon?.aucc?.estimate ?? NaN) - 2 / 3)).toBeLessThan(4 * (coupon?.aucc?.standardError ?? NaN));
    expect(coupon?.auuc.standardError).toBeLessThan(0.05);
    for (const { share, uplift } of coupon?.upliftAt ?? []) {
      expect(Math.abs(uplift.estimate - (2 - share))).toBeLessThan(4 * uplift.standardError);
    }
    // All are worth the same, so there is no order; the cheap first: value x for a cost of x²/2, area 2/3.
    expect(call?.qini.estimate).toBeCloseTo(0, 12);
    expect(Math.abs((call?.aucc?.estimate ?? NaN) - 2 / 3)).toBeLessThan(4 * (call?.aucc?.standardError ?? NaN));
  });

  it("is the same for the same seed, and draws at most 200 points", () => {
    const results = measured(good).uplift;
    expect(measured(good).uplift).toEqual(results);
    expect(results[0]?.qiniCurve).toHaveLength(200);
    expect(results[0]?.costCurve).toHaveLength(200);
    expect(results[0]?.qiniCurve[0]).toEqual([0, 0]);
    expect(results[0]?.qiniCurve.at(-1)?.[0]).toBe(1);
  });

  it("of a ranking by chance has an interval around 0", () => {
    const [coupon] = measured(world({ predicted: (u) => uniformFromHash(`score${u}`) })).uplift;
    expect(coupon?.qini.low).toBeLessThan(0);
    expect(coupon?.qini.high).toBeGreaterThan(0);
  });

  it("leaves out rows that could not have been the other, and actions with too few", () => {
    const certain = { ...good, logged: good.logged.map((p, k) => (k < 3 * 15_000 && k % 3 === 1 ? 0 : p)) };
    const rows = comparableRows(certain, 1, TERMS.floor);
    const compared = good.assigned.subarray(15_000).filter((action) => action !== 2).length;
    expect(rows?.treated).toHaveLength(compared);
    const never = { ...good, logged: good.logged.map((p, k) => (k % 3 === 1 ? 0 : p)) };
    expect(measured(never).uplift.map(({ action }) => action)).toEqual(["call"]);
    expect(measured(never).calibration.map(({ action }) => action)).toEqual(["call"]);
  });
});

describe("of many rows", () => {
  it("those of every k-th unit are compared, each with all of its rows, and with the same result within chance", () => {
    const one = world({ predicted: (u) => 2 * u });
    const times = 8;
    const repeated = <T extends Float64Array | Float32Array | Uint8Array>(column: T, into: T): T => {
      for (let k = 0; k < times; k++) into.set(column, k * column.length);
      return into;
    };
    const many: Sample = {
      ...one,
      rows: times * ROWS,
      unit: Int32Array.from({ length: times * ROWS }, (_, i) => i % ROWS),
      assigned: repeated(one.assigned, new Uint8Array(times * ROWS)),
      propensity: repeated(one.propensity, new Float64Array(times * ROWS)),
      logged: repeated(one.logged, new Float32Array(times * ROWS * 3)),
      value: repeated(one.value, new Float64Array(times * ROWS)),
      cost: repeated(one.cost, new Float64Array(times * ROWS)),
      expectedValue: {
        ...one.expectedValue,
        uplift: repeated(one.expectedValue.uplift, new Float32Array(times * ROWS * 3)),
      },
      expectedCost: {
        ...one.expectedCost,
        uplift: repeated(one.expectedCost.uplift, new Float32Array(times * ROWS * 3)),
      },
    };
    const all = comparableRows(one, 1, TERMS.floor)?.treated.length ?? NaN;
    const rows = comparableRows(many, 1, TERMS.floor);
    expect(rows?.units).toBe(Math.ceil(ROWS / 3));
    expect(Math.abs((rows?.treated.length ?? NaN) / (all * times) - 1 / 3)).toBeLessThan(0.02);
    expect(rows?.unit.reduce((most, unit) => Math.max(most, unit), 0)).toBeLessThan(Math.ceil(ROWS / 3));
    const [coupon] = measured(many, { ...TERMS, replicates: 20 }).uplift;
    expect(coupon?.decisions).toBe(rows?.treated.length);
    expect(Math.abs((coupon?.auuc.estimate ?? NaN) - 1 / 6)).toBeLessThan(4 * (coupon?.auuc.standardError ?? NaN));
  });
});

describe("calibration of a sample", () => {
  it("holds where the model is right", () => {
    const calibrations = measured(world({ predicted: (u) => 2 * u })).calibration;
    // A cost or a value that is predicted the same for all orders nobody.
    expect(calibrations.map(({ action, of }) => [action, of])).toEqual([
      ["coupon", "value"],
      ["call", "cost"],
    ]);
    for (const { slope, intercept, bins } of calibrations) {
      expect(Math.abs(slope.estimate - 1)).toBeLessThan(4 * slope.standardError + 1e-6);
      expect(Math.abs(intercept.estimate)).toBeLessThan(4 * intercept.standardError + 1e-6);
      for (const { observed, predicted, standardError } of bins) {
        expect(Math.abs(observed - predicted)).toBeLessThan(4 * standardError + 1e-6);
      }
    }
    expect(calibrationHolds(calibrations)).toBe(true);
  });

  it("does not hold where the model ranks backwards", () => {
    expect(calibrationHolds(measured(world({ predicted: (u) => 2 - 2 * u })).calibration)).toBe(false);
  });
});
