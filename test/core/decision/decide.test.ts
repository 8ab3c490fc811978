import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decision/decide.ts";
import { actionDraw, assignArm } from "../../../src/core/decision/luck.ts";
import { recordOf, situationOf } from "../../../src/core/decision/record.ts";
import { ARMS, type Arm, type Situation } from "../../../src/core/domain/decision.ts";
import type { DecisionRecord } from "../../../src/core/domain/record.ts";
import { anySituation, programWith, scoresOf, situationWith } from "../../support/programs.ts";

const CASES = { numRuns: 10_000, seed: 20_261_121 };

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function inArm(situation: Situation, arm: Arm): readonly number[] {
  return decide({ ...situation, draws: { ...situation.draws, arm } }).inArm;
}

describe("decide, for any program and any user", () => {
  it("makes probabilities that sum to 1 within 1e-12 and lie in [0, 1]", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { inArm: own, marginal } = decide(situation);
        for (const vector of [own, marginal]) {
          expect(Math.abs(sum(vector) - 1)).toBeLessThanOrEqual(1e-12);
          for (const p of vector) expect(p >= 0 && p <= 1 + 1e-12).toBe(true);
        }
      }),
      CASES,
    );
  });

  it("returns the exact marginal: the shares of the arms times what each arm does", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { program } = situation;
        const { marginal, chosen } = decide(situation);
        const shares: Record<Arm, number> = {
          holdout: program.holdout.share,
          evaluation: program.evaluation.share,
          policy: 1 - program.holdout.share - program.evaluation.share,
        };
        const expected = sum(ARMS.map((arm) => shares[arm] * (inArm(situation, arm)[chosen] ?? 0)));
        expect(Math.abs((marginal[chosen] ?? 0) - expected)).toBeLessThanOrEqual(1e-12);
      }),
      CASES,
    );
  });

  it("never gives mass to an excluded action, in any arm, and never draws one without mass", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { excluded, marginal, inArm: own, chosen } = decide(situation);
        excluded.forEach((reason, i) => {
          if (reason !== null) expect([marginal[i], own[i]]).toEqual([0, 0]);
        });
        expect(own[chosen]).toBeGreaterThan(0);
        expect(excluded[chosen]).toBeNull();
      }),
      CASES,
    );
  });

  it("keeps every live action at or above the floor in the policy arm, unless it may not explore, and no pruned one", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { excluded, pruned, exploring } = decide(situation);
        const policy = inArm(situation, "policy");
        policy.forEach((p, i) => {
          const live = excluded[i] === null && pruned[i] === null;
          if (!live) expect(p).toBe(0);
          else if (situation.basis !== "explore" && situation.mode !== "log-only" && exploring !== "spent") {
            expect(p).toBeGreaterThanOrEqual(situation.program.exploration.floor - 1e-15);
          }
        });
      }),
      CASES,
    );
  });

  it("gives no_offer with certainty where it only logs, and judges everything as if it were live", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const logged = decide({ ...situation, mode: "log-only" });
        const { excluded, pruned, net, best, armShare } = decide({ ...situation, mode: "live" });
        expect(logged).toMatchObject({ excluded, pruned, net, best, armShare, chosen: 0 });
        const certain = excluded.map((_, i) => (i === 0 ? 1 : 0));
        expect([logged.inArm, logged.marginal]).toEqual([certain, certain]);
      }),
      { ...CASES, numRuns: 1_000 },
    );
  });

  it("is decided again, bit for bit, from the line it was logged as", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const decision = decide(situation);
        const line = JSON.stringify(recordOf(situation, decision, CIRCUMSTANCES));
        const record = JSON.parse(line) as DecisionRecord;
        const again = decide(situationOf(record, situation.program));
        expect(again.chosen).toBe(decision.chosen);
        expect(again.marginal.map(bits)).toEqual(decision.marginal.map(bits));
        expect(again.inArm.map(bits)).toEqual(decision.inArm.map(bits));
        expect(again.excluded).toEqual(decision.excluded);
        expect(again.pruned).toEqual(decision.pruned);
        expect(JSON.stringify(recordOf(situation, again, CIRCUMSTANCES))).toBe(line);
      }),
      CASES,
    );
  });
});

const CIRCUMSTANCES = {
  decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
  requestId: "r",
  question: null,
  window: null,
  expiresAt: "2026-11-22T20:00:00.000Z",
  time: "2026-11-21T20:00:00.000Z",
  status: "normal",
  user: "u",
  unit: "u",
  model: null,
  features: null,
  override: null,
  reservation: null,
  active: [],
  latencyMs: 1,
} as const;

function bits(x: number): bigint {
  return new BigUint64Array(Float64Array.of(x).buffer)[0] ?? 0n;
}

describe("decide, on the worked example of the design", () => {
  // Shares 0.02 / 0.02 / 0.96, three actions, womens_email pruned, in-arm 0.03 / 0.97:
  // 0.96·0.03 + 0.02 + 0.02/3, 0.96·0.97 + 0.02/3, 0.02/3.
  const program = programWith({
    holdout: { share: 0.02, salt: "holdout-2026" },
    evaluation: { share: 0.02, salt: "evaluation-2026", table: null },
    exploration: { strategy: "epsilon", epsilon: 0.06, floor: 0, salt: "draw" },
  });
  const situation = situationWith(program, {
    scores: scoresOf([
      [0.41, 0.11, 0.12],
      [-0.02, 0.09, 0.11],
    ]),
    draws: { arm: "policy", action: 0.412 },
  });

  it("gives the marginal vector computed by hand", () => {
    const decision = decide(situation);
    expect(decision.pruned).toEqual([null, null, "no_value"]);
    const [none = NaN, mens = NaN, womens = NaN] = decision.marginal;
    expect(none).toBeCloseTo(0.0554666667, 10);
    expect(mens).toBeCloseTo(0.9378666667, 10);
    expect(womens).toBeCloseTo(0.0066666667, 10);
    expect(decision.chosen).toBe(1);
  });

  it("gives propensity exactly 1 when nothing but no_offer is left", () => {
    const decision = decide({ ...situation, withheld: "paused" });
    expect(decision.marginal).toEqual([1, 0, 0]);
    expect(decision.excluded).toEqual([null, "paused", "paused"]);
  });

  it("gives the holdout no_offer, whatever the model says", () => {
    const decision = decide({ ...situation, draws: { arm: "holdout", action: 0.999 } });
    expect(decision.inArm).toEqual([1, 0, 0]);
    expect(decision.chosen).toBe(0);
    expect(decision.marginal).toEqual(decide(situation).marginal);
  });

  it("gives the evaluation arm the fixed table, pruned actions included", () => {
    const decision = decide({ ...situation, draws: { arm: "evaluation", action: 0.999 } });
    expect(decision.inArm).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(decision.chosen).toBe(2);
  });
});

describe("a million draws over sequential ids", () => {
  // χ² with 2 degrees of freedom: P(χ² > 18.42) = 1e-4.
  const CRITICAL = 18.42;
  const DRAWS = 1_000_000;
  const program = programWith({
    holdout: { share: 0.02, salt: "holdout-2026" },
    evaluation: { share: 0.02, salt: "evaluation-2026", table: null },
    exploration: { strategy: "inverse-gap", gamma: 10, gapUnit: 1, floor: 0.01, salt: "draw" },
  });
  const scores = scoresOf([
    [1, 0, 0.5],
    [0.9, 0, 0.5],
  ]);

  it.each([
    ["users", (i: number) => [`user-${i}`, "request-1"] as const],
    ["requests of one user", (i: number) => ["user-1", `request-${i}`] as const],
    ["bare numbers", (i: number) => [String(i), String(i)] as const],
  ])("over sequential %s pass chi-square against the propensities", (name, ids) => {
    const observed = [0, 0, 0];
    const arms: Record<Arm, number> = { holdout: 0, evaluation: 0, policy: 0 };
    const oneUnit = name === "requests of one user";
    let expected: readonly number[] = [];
    for (let i = 0; i < DRAWS; i++) {
      const [unit, key] = ids(i);
      const draws = { arm: assignArm(program, unit), action: actionDraw(program, unit, key) };
      const decision = decide(situationWith(program, { scores, draws }));
      observed[decision.chosen] = (observed[decision.chosen] ?? 0) + 1;
      arms[draws.arm] += 1;
      expected = oneUnit ? decision.inArm : decision.marginal;
    }
    expect(chiSquare(observed, expected, DRAWS)).toBeLessThan(CRITICAL);
    if (!oneUnit) {
      expect(chiSquare([arms.holdout, arms.evaluation, arms.policy], [0.02, 0.02, 0.96], DRAWS)).toBeLessThan(CRITICAL);
    }
  });
});

function chiSquare(observed: readonly number[], probabilities: readonly number[], draws: number): number {
  return sum(
    observed.map((count, i) => (count - draws * (probabilities[i] ?? 0)) ** 2 / (draws * (probabilities[i] ?? 0))),
  );
}
