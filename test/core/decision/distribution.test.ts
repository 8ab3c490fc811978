import { describe, expect, it } from "vitest";
import { armShares, distributionOver } from "../../../src/core/decision/distribution.ts";
import type { Arm, Decision } from "../../../src/core/domain/decision.ts";
import { programWith, situationWith } from "../../support/programs.ts";

const FREE = [null, null, null];
const program = programWith({
  holdout: { share: 0.1, salt: "h" },
  evaluation: { share: 0.3, salt: "e", table: null },
  exploration: { strategy: "epsilon", epsilon: 0.4, floor: 0, salt: "draw" },
});
const over = (arm: Arm, excluded: Decision["excluded"], net: readonly number[]) =>
  distributionOver(situationWith(program, { draws: { arm, action: 0 } }), { excluded, net });

function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((p, i) => expect(p).toBeCloseTo(expected[i] ?? NaN, 14));
}

describe("the distribution", () => {
  it("has shares that sum to 1", () => {
    expect(armShares(program)).toEqual({ holdout: 0.1, evaluation: 0.3, policy: 1 - 0.1 - 0.3 });
  });

  it("is certain, even and exploring in the three arms, with one marginal", () => {
    // Policy: best mens with 0.4/2 + 0.6 = 0.8, no_offer 0.2 (womens is pruned).
    const net = [0, 1, -Infinity];
    // 0.6·0.2 + 0.3/3 + 0.1, 0.6·0.8 + 0.3/3, 0.3/3.
    const marginal = [0.32, 0.58, 0.1];
    for (const [arm, inArm, share] of [
      ["holdout", [1, 0, 0], 0.1],
      ["evaluation", [1 / 3, 1 / 3, 1 / 3], 0.3],
      ["policy", [0.2, 0.8, 0], 0.6],
    ] as const) {
      const found = over(arm, FREE, net);
      expectNear(found.inArm, inArm);
      expectNear(found.marginal, marginal);
      expect(found.armShare).toBeCloseTo(share, 15);
    }
  });

  it("leaves excluded actions out of every arm", () => {
    const { inArm, marginal } = over("evaluation", [null, "not_requested", null], [0, -Infinity, 1]);
    expect(inArm).toEqual([0.5, 0, 0.5]);
    // 0.6·0.2 + 0.3/2 + 0.1 and 0.6·0.8 + 0.3/2.
    expectNear(marginal, [0.37, 0, 0.63]);
  });

  it("is drawn by the program's table in the evaluation arm, renormalised over what is feasible", () => {
    const tabled = { ...program, evaluation: { share: 0.3, salt: "e", table: [0.5, 0.25, 0.75] } };
    const byTable = (excluded: Decision["excluded"]) =>
      distributionOver(situationWith(tabled, { draws: { arm: "evaluation", action: 0 } }), {
        excluded,
        net: [0, 1, -Infinity],
      });
    // Pruned or not, all are feasible: 0.5, 0.25 and 0.75 of 1.5. Policy 0.2, 0.8, 0 as above.
    const all = byTable(FREE);
    expectNear(all.inArm, [1 / 3, 1 / 6, 1 / 2]);
    expectNear(all.marginal, [0.6 * 0.2 + 0.3 / 3 + 0.1, 0.6 * 0.8 + 0.3 / 6, 0.3 / 2]);
    // Without womens_email 0.5 and 0.25 of 0.75.
    const fewer = byTable([null, null, "cap_reached"]);
    expectNear(fewer.inArm, [2 / 3, 1 / 3, 0]);
    expectNear(fewer.marginal, [0.6 * 0.2 + 0.2 + 0.1, 0.6 * 0.8 + 0.1, 0]);
  });

  it("gives an action whose weight is 0 nothing in the evaluation arm", () => {
    const tabled = { ...program, evaluation: { share: 0.3, salt: "e", table: [0.5, 0, 0] } };
    const situation = situationWith(tabled, { draws: { arm: "evaluation", action: 0 } });
    expect(distributionOver(situation, { excluded: FREE, net: [0, 1, -Infinity] }).inArm).toEqual([1, 0, 0]);
  });

  it("is exactly 1 on no_offer when nothing else may be offered", () => {
    for (const arm of ["holdout", "evaluation", "policy"] as const) {
      const { inArm, marginal } = over(arm, [null, "paused", "paused"], [0, -Infinity, -Infinity]);
      expect([inArm, marginal]).toEqual([
        [1, 0, 0],
        [1, 0, 0],
      ]);
    }
  });

  it("explores evenly without scores", () => {
    const situation = situationWith(program, { basis: "explore" });
    const { inArm, marginal } = distributionOver(situation, { excluded: FREE, net: [0, -Infinity, -Infinity] });
    expectNear(inArm, [1 / 3, 1 / 3, 1 / 3]);
    expectNear(marginal, [0.9 / 3 + 0.1, 0.9 / 3, 0.9 / 3]);
  });
});
