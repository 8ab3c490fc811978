import { describe, expect, it } from "vitest";
import { account, type Problem, solve, uniforms } from "../../support/knapsack.ts";

/** Users who are all alike; what matters is only how many get which action. */
function alike(
  users: number,
  constraints: Problem["constraints"],
  offers: readonly (readonly [number, number])[],
): Problem {
  const options = offers.map(([value, cost], action) => ({ action, valueMicros: value * 1e6, costMicros: cost * 1e6 }));
  return {
    users: Array.from({ length: users }, (_, i) => ({ userId: `u${i}`, options })),
    actions: offers.length,
    constraints,
  };
}

describe("whole offers where users are all alike", () => {
  it("are the mixture that uses up all that is scarce, by hand", () => {
    // Action 0 is worth 3 for 2, action 1 is worth 2 for 1; 2,000 users, money for 1,500 and 1,200 offers of
    // action 1 at most. All 1,200 of them cost 1,200; the other 300 pay for 150 of action 0: 2,850 in all.
    const caps = [{ actions: [1], offers: 1_200 }];
    const problem = alike(2_000, { budgetMicros: 1_500e6, costWeight: 0, caps }, [
      [3, 2],
      [2, 1],
    ]);
    const { chosen, valueMicros, dualBoundMicros, lambda, muMicros } = solve(problem);
    expect(dualBoundMicros / 2_850e6).toBeCloseTo(1, 7);
    expect(Object.fromEntries(account(problem, chosen).offers)).toEqual({ 0: 150, 1: 1_200 });
    expect(valueMicros).toBe(2_850e6);
    // A unit of money buys half an offer of action 0; one more of action 1 is worth 2 less the 1.5 its money is worth.
    expect(lambda).toBeCloseTo(1.5, 4);
    expect((muMicros[0] ?? NaN) / 1e6).toBeCloseTo(0.5, 4);
  });

  it("fill several caps that overlap, within 1 %", () => {
    const offers = Array.from({ length: 6 }, (_, k) => [1 + k, 0.1 + k * k * 0.1] as const);
    const caps = [
      ...offers.map((_, action) => ({ actions: [action], offers: 120 })),
      { actions: [0, 1, 2], offers: 240 },
      { actions: [3, 4, 5], offers: 180 },
    ];
    const { gap, slack } = solve(alike(3_000, { budgetMicros: 300e6, costWeight: 0, caps }, offers));
    expect(gap).toBeLessThan(0.01);
    expect(Math.min(slack.budgetMicros, ...slack.caps)).toBeGreaterThanOrEqual(0);
  });
});

describe("a cap of no offers at all", () => {
  it("is found to be worth whatever its action is, however much that is to a few", () => {
    const u = uniforms(11);
    // Gains with a heavy tail: the price that makes the dearest user give up is thousands of times the usual gain.
    const users = Array.from({ length: 500 }, (_, i) => ({
      userId: `u${i}`,
      options: [0, 1].map((action) => ({ action, valueMicros: Math.round(1e6 / u() ** 2), costMicros: 1e6 })),
    }));
    const caps = [{ actions: [0], offers: 0 }];
    const { chosen, gap } = solve({ users, actions: 2, constraints: { budgetMicros: 100e6, costWeight: 0, caps } });
    const offered = [...chosen.values()].filter((action) => action >= 0);
    expect(offered).toEqual(Array.from({ length: 100 }, () => 1));
    expect(gap).toBeLessThan(1e-6);
  });
});
