/** A month small enough for every test run; the figures of full months are the README's, from the command line. */
import { describe, expect, it } from "vitest";
import { COST_RATIOS, monthScores, playMonths } from "../../src/simulation/month-score.ts";

describe("a month of delayed redemptions", () => {
  const size = { seed: 1, arrivals: 12_000, actions: 6, budgetShare: 0.15 };
  const scores = monthScores(COST_RATIOS.flatMap((costRatio) => playMonths({ ...size, costRatio })));
  const scoreOf = (costRatio: number, reserve: string) => {
    const score = scores.find((each) => each.costRatio === costRatio && each.reserve === reserve);
    if (score === undefined) throw new Error(`no month of ${costRatio} and ${reserve}`);
    return score;
  };

  it.each(COST_RATIOS)(
    "spends its budget within 1 % when calibrated, whether costs are predicted right or not (%s)",
    (ratio) => {
      const { least, most } = scoreOf(ratio, "calibrated").realized;
      expect(least).toBeGreaterThan(0.99);
      expect(most).toBeLessThan(1.01);
    },
  );

  it.each(COST_RATIOS)("never has more out than the budget when face values are held (%s)", (ratio) => {
    const { held, realized } = scoreOf(ratio, "max");
    expect(held).toBeLessThanOrEqual(1);
    expect(held).toBeGreaterThan(0.99);
    expect(realized.most).toBeLessThan(0.6);
  });

  it("misses by as much as costs are mispredicted when every offer is charged once", () => {
    expect(scoreOf(0.7, "naive").realized.mean).toBeLessThan(0.75);
    expect(scoreOf(1.3, "naive").realized.mean).toBeGreaterThan(1.1);
  });
});
