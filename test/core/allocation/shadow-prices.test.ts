import { describe, expect, it } from "vitest";
import { account, mostSpend, optimum, type Problem, solve, someUsers, uniforms } from "../../support/knapsack.ts";

const ACTIONS = 6;

/** A budget and caps of which some bind and some do not; actions 0 to 2 are one channel, 3 to 5 another. */
function cappedProblem(seed: number, count: number): Problem {
  const users = someUsers({ users: count, actions: ACTIONS, seed });
  const u = uniforms(seed + 5_000);
  const caps = [
    ...Array.from({ length: ACTIONS }, (_, action) => ({ actions: [action], offers: Math.floor(count * u() * 0.3) })),
    { actions: [0, 1, 2], offers: Math.floor(count * u() * 0.5) },
    { actions: [3, 4, 5], offers: Math.floor(count * u() * 0.5) },
  ];
  const budgetMicros = seed % 5 === 0 ? Infinity : Math.floor(mostSpend(users) * u() * 0.4);
  return { users, actions: ACTIONS, constraints: { budgetMicros, costWeight: seed % 2 === 0 ? 0 : 1, caps } };
}

describe("allocation under a budget and caps, against HiGHS", () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))("is bounded by the LP's optimum, closely, seed %i", (seed) => {
    const problem = cappedProblem(seed, 20 + seed * 3);
    const { dualBoundMicros, valueMicros, gap, chosen, slack, spendMicros } = solve(problem);
    const relaxed = optimum(problem, "fractional");
    expect(dualBoundMicros).toBeGreaterThanOrEqual(relaxed * (1 - 1e-12));
    expect(dualBoundMicros).toBeLessThanOrEqual(relaxed * (1 + 1e-7));
    const { value, spend, offers } = account(problem, chosen);
    expect([valueMicros, spendMicros]).toEqual([value, spend]);
    expect(spend).toBeLessThanOrEqual(problem.constraints.budgetMicros);
    const left = problem.constraints.caps.map(
      (cap) => cap.offers - cap.actions.reduce((sum, a) => sum + (offers.get(a) ?? 0), 0),
    );
    expect(slack.caps).toEqual(left);
    expect(Math.min(...left)).toBeGreaterThanOrEqual(0);
    const best = optimum(problem, "whole");
    expect(value).toBeLessThanOrEqual(best * (1 + 1e-9));
    expect(value).toBeGreaterThanOrEqual(best * (1 - gap) * (1 - 1e-9));
  });
});

describe("allocation of more users than prices are first tried on", () => {
  it("is certified to be nearly the best", () => {
    const problem = cappedProblem(8, 30_000);
    const caps = [
      { actions: [1], offers: 1_000 },
      { actions: [2, 3], offers: 4_000 },
    ];
    const { gap, muMicros, slack, lambda } = solve({ ...problem, constraints: { ...problem.constraints, caps } });
    expect(gap).toBeLessThan(1e-5);
    expect(Math.min(...slack.caps, slack.budgetMicros)).toBeGreaterThanOrEqual(0);
    // What has a price is used up, but for what no user could use.
    expect(lambda).toBeGreaterThan(0);
    expect(muMicros.every((mu, j) => mu === 0 || (slack.caps[j] ?? NaN) <= 2)).toBe(true);
  });
});
