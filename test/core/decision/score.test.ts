/** Scores by hand: two heads, two replicates, each kind of calibrator. */
import { describe, expect, it } from "vitest";
import { noScores, scoresFromPriors, scoresInMoney } from "../../../src/core/decision/score.ts";
import type { ModelOutputs, RawScores } from "../../../src/core/domain/model.ts";
import { actionsNamed, programWith } from "../../support/programs.ts";

const program = programWith({
  actions: actionsNamed("mail", "call", "fax").map((action) =>
    action.id === "mail" ? { ...action, fixedCost: 0.01, prior: { value: 2, cost: 0.5 } } : action,
  ),
  objective: {
    costWeight: 1,
    value: [
      { head: "visit", weight: 3 },
      { head: "spend", weight: 0.5 },
    ],
    cost: "incentive",
  },
});
const model: ModelOutputs = {
  actions: ["call", "mail"],
  heads: [
    { id: "visit", kind: "value" },
    { id: "spend", kind: "value" },
    { id: "incentive", kind: "cost" },
  ],
  replicates: 2,
  calibration: {
    visit: [{ kind: "identity" }, { kind: "linear", intercept: 0.125, slope: 2 }],
    spend: [{ kind: "identity" }, { kind: "identity" }],
    incentive: [{ kind: "identity" }, { kind: "isotonic", x: [0, 1], y: [0.25, 0.75] }],
  },
};
/** Rows of [call, mail] × 2 replicates; ours is the second. */
const raw: RawScores = {
  heads: {
    visit: Float32Array.of(9, 9, 9, 9, 0.5, 1, 0.25, 0.75),
    spend: Float32Array.of(9, 9, 9, 9, 1, 1, 2, 4),
    incentive: Float32Array.of(9, 9, 9, 9, -0.5, -0.25, 0.25, 0.75),
  },
  row: 1,
};

describe("scores in money", () => {
  const { value, valueStd, cost } = scoresInMoney(program, model, raw);

  it("are zero for no_offer and nothing for an action the model does not know", () => {
    expect([value[0], valueStd[0], cost[0]]).toEqual([0, 0, 0]);
    expect([value[3], valueStd[3], cost[3]]).toEqual([NaN, NaN, NaN]);
  });

  it("weigh the calibrated means of the value heads", () => {
    // mail: 3·(0.125 + 2·0.5) + 0.5·3; call: 3·0.75 + 0.5·1.
    expect(value.slice(1, 3)).toEqual([4.875, 2.75]);
  });

  it("have the deviation of the weighted replicates", () => {
    // mail: 3·(0.625, 1.625) + 0.5·(2, 4) = 2.875, 6.875: 4/√2; call: 2, 3.5: 1.5/√2.
    expect(valueStd[1]).toBeCloseTo(4 / Math.SQRT2, 6);
    expect(valueStd[2]).toBeCloseTo(1.5 / Math.SQRT2, 6);
  });

  it("add the fixed cost to the calibrated cost, and leave a negative one", () => {
    // mail: halfway between 0.25 and 0.75, and 0.01; call: −0.375.
    expect(cost.slice(1, 3)).toEqual([0.51, -0.375]);
  });

  it("are nothing without a head that the objective needs", () => {
    const { heads } = raw;
    const without = scoresInMoney(program, model, {
      ...raw,
      heads: { visit: heads["visit"] ?? new Float32Array(8), spend: heads["spend"] ?? new Float32Array(8) },
    });
    expect(without.cost.slice(1)).toEqual([NaN, NaN, NaN]);
    expect(without.value[1]).toBe(4.875);
  });

  it("are nothing where the model gave no finite number", () => {
    const spoilt = scoresInMoney(program, model, {
      ...raw,
      heads: { ...raw.heads, spend: Float32Array.of(9, 9, 9, 9, NaN, 1, Infinity, 1) },
    });
    expect([spoilt.value[1], spoilt.value[2]]).toEqual([NaN, NaN]);
  });
});

describe("scores of a program that draws by thompson", () => {
  const drawing = programWith({ ...program, exploration: { strategy: "thompson", floor: 0, salt: "draw" } });

  it("have the value and the cost of each replicate, calibrated by itself, the fixed cost added", () => {
    const { replicates, ...means } = scoresInMoney(drawing, model, raw);
    // mail: 3·(0.125 + 2·0.25) + 0.5·2, 3·(0.125 + 2·0.75) + 0.5·4; 0.375 + 0.01, 0.625 + 0.01. call, then no output.
    expect(replicates).toEqual({
      value: [[], [2.875, 6.875], [2, 3.5], []],
      cost: [[], [0.385, 0.635], [-0.5, -0.25], []],
    });
    expect({ ...means, replicates: null }).toEqual(scoresInMoney(program, model, raw));
  });

  it("have none of any other program", () => {
    expect(scoresInMoney(program, model, raw).replicates).toBeNull();
  });
});

describe("other scores", () => {
  it("from priors add the fixed cost, and are nothing where none is declared", () => {
    expect(scoresFromPriors(program)).toEqual({
      value: [0, 2, NaN, NaN],
      valueStd: [0, 0, 0, 0],
      cost: [0, 0.51, NaN, NaN],
      replicates: null,
    });
  });

  it("from nothing are nothing", () => {
    const nothing = [0, NaN, NaN, NaN];
    expect(noScores(program)).toEqual({ value: nothing, valueStd: nothing, cost: nothing, replicates: null });
  });
});
