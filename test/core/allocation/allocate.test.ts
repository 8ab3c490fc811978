import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_ACTION } from "../../../src/core/allocation/candidates.ts";
import { account, mostSpend, type Problem, solve, someUsers, uniforms } from "../../support/knapsack.ts";

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const u = uniforms(seed);
  return items
    .map((item) => ({ item, key: u() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Few values and costs, so that ties, free offers and worthless ones are common. */
const problems = fc
  .record({
    users: fc.array(
      fc.array(
        fc.record({ valueMicros: fc.integer({ min: -2, max: 6 }), costMicros: fc.integer({ min: -2, max: 5 }) }),
        {
          maxLength: 4,
        },
      ),
      { maxLength: 30 },
    ),
    budgetMicros: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constant(Infinity)),
    caps: fc.array(
      fc.record({ actions: fc.uniqueArray(fc.nat(3), { minLength: 1 }), offers: fc.integer({ min: 0, max: 12 }) }),
      { maxLength: 4 },
    ),
    costWeight: fc.constantFrom<0 | 1>(0, 1),
  })
  .map(({ users, budgetMicros, caps, costWeight }): Problem => ({
    users: users.map((options, i) => ({
      userId: `u${i}`,
      options: options.map((option, action) => ({ ...option, action })),
    })),
    actions: 4,
    constraints: { budgetMicros, costWeight, caps },
  }));

describe("an allocation", () => {
  it("keeps every limit, the budget to the micro, and says exactly what it spends and gains", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { chosen, spendMicros, valueMicros, dualBoundMicros, slack } = solve(problem);
        const { spend, value, offers } = account(problem, chosen);
        expect([spendMicros, valueMicros]).toEqual([spend, value]);
        expect(spend).toBeLessThanOrEqual(problem.constraints.budgetMicros);
        expect(slack.budgetMicros).toBe(problem.constraints.budgetMicros - spend);
        for (const [j, cap] of problem.constraints.caps.entries()) {
          const made = cap.actions.reduce((sum, action) => sum + (offers.get(action) ?? 0), 0);
          expect(made).toBeLessThanOrEqual(cap.offers);
          expect(slack.caps[j]).toBe(cap.offers - made);
        }
        expect(value).toBeLessThanOrEqual(dualBoundMicros);
      }),
    );
  });

  it("does not depend on the order of users and options", () => {
    fc.assert(
      fc.property(problems, fc.nat(), (problem, seed) => {
        const users = shuffled(problem.users, seed).map(({ userId, options }) => ({
          userId,
          options: shuffled(options, seed + 1),
        }));
        const again = solve({ ...problem, users });
        const once = solve(problem);
        expect(again.chosen).toEqual(once.chosen);
        expect([again.lambda, again.dualBoundMicros, again.gap]).toEqual([once.lambda, once.dualBoundMicros, once.gap]);
      }),
    );
  });

  it("is within its gap of the best there is, which is found by trying everything", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const few = { ...problem, users: problem.users.slice(0, 4) };
        const { valueMicros, dualBoundMicros, gap } = solve(few);
        const best = bestOfAll(few);
        expect(dualBoundMicros).toBeGreaterThanOrEqual(best);
        expect(valueMicros).toBeLessThanOrEqual(best);
        expect(valueMicros).toBeGreaterThanOrEqual((1 - gap) * best - 1e-9);
      }),
    );
  });

  it("leaves no offer unmade that would fit and gain", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { chosen, slack } = solve(problem);
        const { costWeight, caps } = problem.constraints;
        const missed = problem.users.filter(({ userId, options }) => {
          if (chosen.get(userId) !== NO_ACTION) return false;
          return options.some(({ action, valueMicros, costMicros }) => {
            const cost = Math.max(0, costMicros);
            const open = caps.every((cap, j) => !cap.actions.includes(action) || (slack.caps[j] ?? 0) > 0);
            return valueMicros - costWeight * cost > 0 && cost <= slack.budgetMicros && open;
          });
        });
        expect(missed).toEqual([]);
      }),
    );
  });

  it("gives every user the most valuable option, at no price, when nothing is scarce", () => {
    const users = someUsers({ users: 300, actions: 6, seed: 7 });
    for (const budgetMicros of [Infinity, Number.MAX_SAFE_INTEGER, mostSpend(users)]) {
      const { valueMicros, gap, lambda } = solve({
        users,
        actions: 6,
        constraints: { budgetMicros, costWeight: 0, caps: [] },
      });
      const best = users.reduce((sum, { options }) => sum + Math.max(0, ...options.map((o) => o.valueMicros)), 0);
      expect(valueMicros).toBe(best);
      expect(lambda).toBe(0);
      expect(gap).toBeLessThan(1e-14);
    }
  });

  it("offers only what is free when there is no money", () => {
    const users = [
      { userId: "a", options: [{ action: 0, valueMicros: 5, costMicros: 0 }] },
      { userId: "b", options: [{ action: 0, valueMicros: 5, costMicros: 1 }] },
      {
        userId: "c",
        options: [
          { action: 1, valueMicros: 3, costMicros: -4 },
          { action: 0, valueMicros: 9, costMicros: 2 },
        ],
      },
      { userId: "d", options: [{ action: 0, valueMicros: -1, costMicros: 0 }] },
    ];
    const { chosen, spendMicros, valueMicros } = solve({
      users,
      actions: 2,
      constraints: { budgetMicros: 0, costWeight: 1, caps: [] },
    });
    expect(Object.fromEntries(chosen)).toEqual({ a: 0, b: NO_ACTION, c: 1, d: NO_ACTION });
    expect([spendMicros, valueMicros]).toEqual([0, 8]);
  });

  it("of nothing is nothing", () => {
    const { assignment, dualBoundMicros, gap, valueMicros } = solve({
      users: [],
      actions: 0,
      constraints: { budgetMicros: 10, costWeight: 0, caps: [] },
    });
    expect([assignment.length, dualBoundMicros, gap, valueMicros]).toEqual([0, 0, 0, 0]);
  });
});

/** The best value of all assignments there are. */
function bestOfAll({ users, constraints }: Problem): number {
  const choices = users.map(({ userId, options }) =>
    [NO_ACTION, ...options.map(({ action }) => action)].map((action) => [userId, action] as const),
  );
  let best = 0;
  const visit = (chosen: ReadonlyMap<string, number>, user: number): void => {
    if (user < choices.length) {
      for (const [userId, action] of choices[user] ?? []) visit(new Map([...chosen, [userId, action]]), user + 1);
      return;
    }
    const { value, spend, offers } = account({ users, actions: 4, constraints }, chosen);
    const keeps = constraints.caps.every(
      (cap) => cap.actions.reduce((sum, a) => sum + (offers.get(a) ?? 0), 0) <= cap.offers,
    );
    if (keeps && spend <= constraints.budgetMicros) best = Math.max(best, value);
  };
  visit(new Map(), 0);
  return best;
}
