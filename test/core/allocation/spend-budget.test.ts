import { describe, expect, it } from "vitest";
import { arrange } from "../../../src/core/allocation/arrange.ts";
import { tabulate } from "../../../src/core/allocation/efficiency-table.ts";
import { openMarket } from "../../../src/core/allocation/market.ts";
import { spendBudget } from "../../../src/core/allocation/spend-budget.ts";
import { account, mostSpend, optimum, type Problem, solve, someUsers, uniforms } from "../../support/knapsack.ts";

function budgetProblem(seed: number, users: number): Problem {
  const options = someUsers({ users, actions: 5, seed });
  const u = uniforms(seed + 1000);
  const budgetMicros = Math.floor(mostSpend(options) * u() * 0.6);
  return { users: options, actions: 5, constraints: { budgetMicros, costWeight: seed % 2 === 0 ? 0 : 1, caps: [] } };
}

describe("allocation under a budget, against HiGHS", () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))("has the LP's optimum as its bound, seed %i", (seed) => {
    const problem = budgetProblem(seed, 20 + seed * 3);
    const { dualBoundMicros, valueMicros, gap, chosen } = solve(problem);
    const relaxed = optimum(problem, "fractional");
    expect(Math.abs(dualBoundMicros - relaxed)).toBeLessThanOrEqual(1e-9 * relaxed);
    const { value, spend } = account(problem, chosen);
    expect(value).toBe(valueMicros);
    expect(spend).toBeLessThanOrEqual(problem.constraints.budgetMicros);
    const best = optimum(problem, "whole");
    expect(value).toBeLessThanOrEqual(best * (1 + 1e-9));
    expect(value).toBeGreaterThanOrEqual(best * (1 - gap) * (1 - 1e-9));
  });
});

describe("the critical step", () => {
  /** The plan with so few steps in memory that the efficiency must be told by its later digits. */
  function planWith({ users, actions, constraints }: Problem, stepsMax: number) {
    const { block } = arrange(users);
    const market = openMarket({ users: block.users, actions, blocks: () => [block] }, constraints);
    const { offers, lambda } = spendBudget(market, tabulate(market.blocks()), stepsMax);
    return { assignment: offers.assignment, lambda };
  }

  it.each([0, 1, 3, 40])("is the same one with at most %i steps in memory", (stepsMax) => {
    for (let seed = 0; seed < 20; seed++) {
      const problem = budgetProblem(seed, 200);
      const whole = planWith(problem, 1e6);
      const few = planWith(problem, stepsMax);
      expect(few.lambda).toBe(whole.lambda);
      const userIds = arrange(problem.users).userIds;
      const chosen = new Map(userIds.map((id, i) => [id, few.assignment[i] ?? NaN]));
      expect(account(problem, chosen).spend).toBeLessThanOrEqual(problem.constraints.budgetMicros);
    }
  });

  it("pays users in order where all are alike, however many there are", () => {
    const users = Array.from({ length: 1_000 }, (_, i) => ({
      userId: `u${i}`,
      options: [{ action: 0, valueMicros: 2e6, costMicros: 1e6 }],
    }));
    const problem = { users, actions: 1, constraints: { budgetMicros: 300_500_000, costWeight: 0 as const, caps: [] } };
    const first = Array.from({ length: 1_000 }, (_, i) => (i < 300 ? 0 : -1));
    expect([...planWith(problem, 10).assignment]).toEqual(first);
    expect([...planWith(problem, 1e6).assignment]).toEqual(first);
    expect(planWith(problem, 10).lambda).toBe(2);
  });
});
