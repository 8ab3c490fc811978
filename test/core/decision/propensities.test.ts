/**
 * Are the logged propensities those of what was given? Asked of every strategy in a world with known truth, with
 * gates that close all the time; and of a service that gates after the draw, which must be found out.
 */
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decision/decide.ts";
import { actionDraw, assignArm } from "../../../src/core/decision/luck.ts";
import type { Decision } from "../../../src/core/domain/decision.ts";
import { PropensityTest } from "../../../src/core/monitoring/propensity-test.ts";
import { programWith, situationWith } from "../../support/programs.ts";
import { STRATEGIES } from "../../support/drawn-world.ts";
import { verdictOn } from "../../support/drawn-verdict.ts";

const USERS = 20_000;
/** χ² with 3 degrees of freedom: P(χ² > 21.1) = 1e-4. */
const CHI_SQUARE_MAX = 21.1;

describe.each(STRATEGIES)("$strategy, gated before the draw", (strategy) => {
  const verdict = verdictOn({ strategy, users: USERS, seed: 1, gate: "before the draw" });

  it("runs into every gate, in a part of the decisions", () => {
    for (const share of Object.values(verdict.shares)) {
      expect(share).toBeGreaterThan(0.02);
      expect(share).toBeLessThan(0.98);
    }
  });

  it("lets inverse propensity weights tell what other policies earn, within 3 standard errors of the truth", () => {
    for (const judged of [verdict.uniform, verdict.greedy]) {
      expect(Math.abs(judged.errorZ)).toBeLessThan(3);
      expect(judged.truth).not.toBe(0);
    }
  });

  it("has weights of mean 1, within 3 standard errors", () => {
    for (const judged of [verdict.uniform, verdict.greedy]) expect(Math.abs(judged.weightZ)).toBeLessThan(3);
  });

  it("gives actions as often as logged: χ² and the e-process say nothing", () => {
    expect(verdict.chiSquare).toBeLessThan(CHI_SQUARE_MAX);
    expect(verdict.pValue).toBeGreaterThan(0.01);
  });
});

describe.each(STRATEGIES)("$strategy, gated after the draw, with the propensity as drawn", (strategy) => {
  const verdict = verdictOn({ strategy, users: USERS, seed: 1, gate: "after the draw" });

  // But for the mean weight: a target that is even has the same weight for what was drawn and for what was given.
  it("is found out by each of them", () => {
    for (const judged of [verdict.uniform, verdict.greedy]) expect(Math.abs(judged.errorZ)).toBeGreaterThan(5);
    expect(verdict.chiSquare).toBeGreaterThan(10 * CHI_SQUARE_MAX);
    expect(verdict.pValue).toBeLessThan(1e-9);
  });
});

describe("units that come again, and whom a cap closes after their first offer", () => {
  const program = programWith({
    exploration: { strategy: "epsilon", epsilon: 0.3, floor: 0, salt: "draw" },
    holdout: { share: 0.1, salt: "holdout" },
    evaluation: { share: 0.1, salt: "evaluation", table: null },
  });
  const VISITS = 4;

  /** Over decisions in which something could be drawn. */
  function testOf(probabilities: (decision: Decision) => readonly number[]): PropensityTest {
    const test = new PropensityTest(program.actions.length);
    for (let unit = 0; unit < USERS; unit++) {
      const arm = assignArm(program, `user-${unit}`);
      for (let visit = 0; visit < VISITS; visit++) {
        const action = actionDraw(program, `user-${unit}`, `request-${visit}`);
        const decision = decide(situationWith(program, { draws: { arm, action } }));
        test.observe(probabilities(decision), decision.chosen);
        if (decision.chosen > 0) break;
      }
    }
    return test;
  }

  it("are drawn as the probabilities inside their arm say", () => {
    expect(testOf(({ inArm }) => inArm).pValue).toBeGreaterThan(0.01);
  });

  it("are not drawn as the marginal says: who may still be offered something is in the holdout more often", () => {
    expect(testOf(({ marginal }) => marginal).pValue).toBeLessThan(1e-9);
  });
});
