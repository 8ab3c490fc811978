/** The sub-budget of exploration, by hand: who explores, what it costs, and when it stops. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decision/decide.ts";
import { explorationChargeMicros } from "../../../src/core/decision/exploration-money.ts";
import type { Situation } from "../../../src/core/domain/decision.ts";
import { actionsNamed, anySituation, programWith, scoresOf, situationWith } from "../../support/programs.ts";

const program = programWith({
  actions: actionsNamed("best", "dear", "cheap").map((action) => ({ ...action, maxCost: 2 })),
  exploration: { strategy: "epsilon", epsilon: 0.4, floor: 0.01, budgetShare: 0.1, salt: "draw" },
  funding: { pool: "p", reserve: "expected", terms: null },
  evaluation: { share: 0.2, salt: "e", table: null },
});
const scores = scoresOf([
  [3, 0, 1],
  [2, 0, 1.5],
  [1, 0, 0.25],
]);
const at = (explorationMicros: number | null, parts: Partial<Situation> = {}) => {
  const situation = situationWith(program, { scores, explorationMicros, availableMicros: 10_000_000, ...parts });
  const decision = decide(situation);
  return { ...decision, chargedMicros: explorationChargeMicros(situation, decision) };
};

describe("exploring is open", () => {
  it("as long as what is there covers the dearest live action other than the best, to the micro", () => {
    expect([at(1_500_000).exploring, at(1_499_999).exploring, at(null).exploring]).toEqual(["open", "spent", null]);
    expect(at(1_500_000).inArm).toEqual(at(null).inArm);
  });

  it("asks nothing for the best, for what is not live, or for no_offer", () => {
    const onlyBest = scoresOf([
      [3, 0, 1],
      [-1, 0, 1.5],
      [-1, 0, 0.25],
    ]);
    expect(at(0, { scores: onlyBest })).toMatchObject({
      exploring: "open",
      pruned: [null, null, "no_value", "no_value"],
    });
    expect(at(0, { withheld: "unavailable" })).toMatchObject({ exploring: "open", inArm: [1, 0, 0, 0] });
  });
});

describe("exploring is spent", () => {
  it("and the policy arm is greedy, without a floor, in every arm's marginal", () => {
    expect(at(0).inArm).toEqual([0, 1, 0, 0]);
    const { inArm, marginal } = at(0, { draws: { arm: "evaluation", action: 0 } });
    expect(inArm).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(marginal.map((p) => Math.round(p * 1e12) / 1e12)).toEqual([0.05, 0.85, 0.05, 0.05]);
  });

  it("and nobody is offered anything of whom nothing is known", () => {
    const unknown = { basis: "explore", scores: scoresOf([1, 2, 3].map(() => [NaN, NaN, NaN])) } as const;
    // Charged with maxCost, as nothing is predicted.
    expect(at(2_000_000, unknown)).toMatchObject({ exploring: "open", inArm: [0.25, 0.25, 0.25, 0.25] });
    expect(at(1_999_999, unknown)).toMatchObject({ exploring: "spent", inArm: [1, 0, 0, 0] });
  });
});

describe("what exploration costs", () => {
  const drawing = (action: number, arm: "policy" | "evaluation" = "policy") =>
    at(5_000_000, { draws: { arm, action } });

  it("is the charge of an offer other than the best, in the policy arm", () => {
    // 0.11 each (0.4/4 mixed with the floor), 0.68 for the best: no_offer, best, dear, cheap.
    const spent = [0.05, 0.5, 0.85, 0.95].map((u) => [drawing(u).chosen, drawing(u).chargedMicros]);
    expect(spent).toEqual([
      [0, 0],
      [1, 0],
      [2, 1_500_000],
      [3, 250_000],
    ]);
  });

  it("is nothing in the evaluation arm, which measures, and where no money is set aside", () => {
    expect(drawing(0.6, "evaluation")).toMatchObject({ chosen: 2, chargedMicros: 0 });
    expect(at(null, { draws: { arm: "policy", action: 0.85 } })).toMatchObject({ chosen: 2, chargedMicros: 0 });
  });

  it("is never more than what was there, for any program and any user", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const decision = decide(situation);
        const charged = explorationChargeMicros(situation, decision);
        expect(charged).toBeLessThanOrEqual(situation.explorationMicros ?? 0);
        if (decision.exploring === "spent" && situation.draws.arm === "policy") {
          expect(decision.chosen).toBe(decision.best);
        }
      }),
      { numRuns: 10_000, seed: 20_261_127 },
    );
  });
});
