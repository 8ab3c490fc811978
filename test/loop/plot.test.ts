import { describe, expect, test } from "vitest";
import { plotOf } from "../../loop/loop-plot.ts";
import { POLICIES } from "../../loop/score.ts";
import type { SeedSummary } from "../../loop/summary.ts";

const DAYS = 151;

describe("the plot of the loop", async () => {
  const svg = await plotOf([seedWith(100), seedWith(120)]);

  test("names every policy once, at heights that can be told apart even where curves end together", () => {
    const labels = POLICIES.map((name) => {
      const found = [...svg.matchAll(new RegExp(`translate\\([\\d.]+,([\\d.-]+)\\)"[^>]*>${name}</text>`, "g"))];
      expect(found).toHaveLength(1);
      return Number(found[0]?.[1]);
    });
    const gaps = labels.toSorted((a, b) => a - b).flatMap((y, i, all) => (i === 0 ? [] : [y - (all[i - 1] ?? 0)]));
    expect(Math.min(...gaps)).toBeGreaterThan(14);
  });

  test("marks the drift, and when each model went live", () => {
    const marks = ["first model live", "drift", "retrained", "retrained again"].map((words) =>
      svg.indexOf(`>${words}<`),
    );
    expect(marks.every((at) => at > 0)).toBe(true);
    expect(marks.toSorted((a, b) => a - b)).toEqual(marks);
  });
});

/** Every policy earns the same each day. */
function seedWith(daily: number): SeedSummary {
  const days = Array.from({ length: DAYS + 1 }, (_, day) => day * daily);
  return {
    seed: daily,
    profit: {
      liftgate: days,
      oracle: days,
      "likely buyers": days,
      "best single offer": days,
      random: days,
      "no offers": days,
    },
    bestBaseline: "random",
    overBaseline: 1,
    ofOracle: 1,
    months: [],
    meanWeight: 1,
    decisions: 0,
    verdicts: [],
    promotions: [],
    refusals: [],
    replayed: "0 identical, 0 different",
  };
}
