import { describe, expect, it } from "vitest";
import {
  binsOf,
  expectedCalibrationError,
  fallsOf,
  type Predicted,
} from "../../../../src/core/evaluation/uplift/calibration.ts";
import { lineOfSums } from "../../../../src/core/evaluation/uplift/calibration-line.ts";

/** Of every four rows two are treated; what they get is the effect, and ±1 around it. */
function columns(effects: readonly number[], trueEffect: (effect: number) => number): Predicted {
  const rows = effects.flatMap((effect) =>
    [1, 0, 1, 0].map((treated, k) => ({ effect, treated, outcome: treated * trueEffect(effect) + (k < 2 ? 1 : -1) })),
  );
  return {
    effect: Float64Array.from(rows, ({ effect }) => effect),
    treated: Uint8Array.from(rows, ({ treated }) => treated),
    outcome: Float64Array.from(rows, ({ outcome }) => outcome),
    weight: new Float64Array(rows.length).fill(1),
    unit: Int32Array.from(rows, (_, i) => i),
  };
}

function plainLine(rows: Predicted) {
  const line = lineOfSums(rows);
  return line.lineOf(line.columns.map((column) => column.reduce((sum, x) => sum + x, 0)));
}

const EFFECTS = Array.from({ length: 200 }, (_, i) => i / 20);

describe("calibration", () => {
  it("of exact predictions meets them in every bin, on a line of slope 1 through 0", () => {
    const rows = columns(EFFECTS, (effect) => effect);
    const bins = binsOf(rows);
    expect(bins.map(({ decisions }) => decisions)).toEqual(Array.from({ length: 10 }, () => 80));
    for (const { predicted, observed } of bins) expect(observed).toBeCloseTo(predicted, 12);
    expect(expectedCalibrationError(bins)).toBeCloseTo(0, 12);
    expect(fallsOf(bins)).toEqual([]);
    const { slope, intercept } = plainLine(rows);
    expect(slope).toBeCloseTo(1, 12);
    expect(intercept).toBeCloseTo(0, 12);
  });

  it("sees predictions that are twice too large, and shifted", () => {
    const rows = columns(EFFECTS, (effect) => effect / 2 + 3);
    const { slope, intercept } = plainLine(rows);
    expect(slope).toBeCloseTo(0.5, 12);
    expect(intercept).toBeCloseTo(3, 12);
  });

  it("keeps the digits of predictions that are far from 0, and has no line where all are the same", () => {
    const far = columns(
      EFFECTS.map((effect) => effect + 1e7),
      (effect) => (effect - 1e7) / 2,
    );
    expect(plainLine(far).slope).toBeCloseTo(0.5, 9);
    const same = columns([1, 1, 1], (effect) => effect);
    expect(plainLine(same).slope).toBeNaN();
  });

  it("has Welch's standard error where every unit has one row", () => {
    // One bin's rows: 40 of each arm, all at ±1 of their mean: variance 40/39 each.
    const [bin] = binsOf(
      columns(
        Array.from({ length: 200 }, (_, i) => Math.floor(i / 20)),
        () => 0,
      ),
    );
    expect(bin?.standardError).toBeCloseTo(Math.sqrt((2 * (40 / 39)) / 40), 12);
  });

  it("has a larger standard error where the rows of a unit go together", () => {
    const rows = columns(EFFECTS, () => 0);
    const pairs = { ...rows, unit: Int32Array.from(rows.unit, (i) => Math.floor(i / 4) * 2 + Number(i % 4 < 2)) };
    const single = columns(EFFECTS, () => 0);
    // The treated and the control row of a unit share their noise: the difference has none.
    expect(binsOf(pairs)[0]?.standardError).toBeCloseTo(0, 12);
    const together = { ...single, unit: new Int32Array(single.unit.length).map((_, i) => Math.floor(i / 80)) };
    expect(binsOf(together)[0]?.standardError).toBeCloseTo(0, 12);
    const twins = { ...single, unit: Int32Array.from(single.unit, (i) => (i % 4) + 4 * Math.floor(i / 8)) };
    expect(binsOf(twins)[0]?.standardError).toBeCloseTo((binsOf(single)[0]?.standardError ?? NaN) * Math.SQRT2, 12);
  });

  it("counts a fall in its standard errors", () => {
    const falls = fallsOf([
      { predicted: 0, observed: 1, standardError: 0.3, decisions: 10 },
      { predicted: 1, observed: 3, standardError: 0.4, decisions: 10 },
      { predicted: 2, observed: 2, standardError: 0.3, decisions: 10 },
    ]);
    expect(falls).toHaveLength(1);
    expect(falls[0]).toBeCloseTo(2, 12);
  });

  it("takes fewer bins where one would have less than 30 rows of an arm, and none where all rows have", () => {
    const few = (effects: number) => columns(EFFECTS.slice(0, effects), (effect) => effect);
    expect([90, 89, 15, 14].map((effects) => binsOf(few(effects)).length)).toEqual([6, 5, 1, 0]);
    expect(binsOf({ ...few(90), treated: few(90).treated.map(() => 1) })).toEqual([]);
  });
});
