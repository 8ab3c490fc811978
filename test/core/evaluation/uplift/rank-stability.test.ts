import { describe, expect, it } from "vitest";
import { rankStability } from "../../../../src/core/evaluation/uplift/rank-stability.ts";

describe("rank stability", () => {
  it("is Spearman's correlation of two replicates, equal predictions sharing their rank", () => {
    // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4]): ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4.
    const stability = rankStability([Float64Array.of(1, 2, 2, 3), Float64Array.of(1, 3, 2, 4)]);
    expect(stability).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it("is the mean over all pairs", () => {
    const up = Float64Array.of(1, 2, 3);
    expect(rankStability([up, up.map(Math.exp), up.map((x) => -x)])).toBeCloseTo(-1 / 3, 12);
  });

  it("is not known of one replicate, or of one that tells nobody apart", () => {
    expect(rankStability([Float64Array.of(1, 2)])).toBeNull();
    expect(rankStability([Float64Array.of(1, 2), Float64Array.of(5, 5)])).toBeNull();
  });
});
