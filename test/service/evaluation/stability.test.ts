import { describe, expect, it } from "vitest";
import type { UpliftResult } from "../../../src/core/evaluation/evaluation.ts";
import { EVALUATION_REPORT_EXAMPLE } from "../../../src/contract/evaluation-report-example.ts";
import { type ScoredAgain, withStability } from "../../../src/service/evaluation/stability.ts";

const [EXAMPLE] = EVALUATION_REPORT_EXAMPLE.uplift;

/** Two replicates of `coupon`: the second ranks as the first, or the other way round. */
function scored(model: string, rows: number, agree: 1 | -1): readonly ScoredAgain[] {
  return Array.from({ length: rows }, (_, i) => ({ model, values: new Map([["coupon", [i, agree * 2 * i]]]) }));
}

function stabilities(all: readonly ScoredAgain[]): readonly (number | null)[] {
  if (EXAMPLE === undefined) throw new Error("expected an example");
  const uplift: readonly UpliftResult[] = ["coupon", "call"].map((action) => ({ ...EXAMPLE, action }));
  return withStability(uplift, [{ scoredAgain: all }]).map(({ rankStability }) => rankStability);
}

describe("rank stability", () => {
  it("is that of the model that scored most, of the actions it scores", () => {
    const [coupon, call] = stabilities([...scored("a@1", 150, -1), ...scored("b@1", 200, 1)]);
    expect(coupon).toBeCloseTo(1, 12);
    expect(call).toBeNull();
    expect(stabilities(scored("a@1", 150, -1))[0]).toBeCloseTo(-1, 12);
  });

  it("is not known of few decisions, of scores that are none, and where nothing was scored again", () => {
    expect(stabilities(scored("a@1", 99, 1))).toEqual([null, null]);
    const none = scored("a@1", 99, 1).map((one) => ({ ...one, values: new Map([["coupon", [NaN, 1]]]) }));
    expect(stabilities([...scored("a@1", 99, 1), ...none])).toEqual([null, null]);
    expect(stabilities([])).toEqual([null, null]);
  });
});
