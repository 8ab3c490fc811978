import { describe, expect, it } from "vitest";
import { mostSpend, optimum, type Problem, solve, someUsers } from "../../support/knapsack.ts";

const users = someUsers({ users: 400, actions: 5, seed: 3 });
const CAPS = [
  { actions: [0], offers: 30 },
  { actions: [1, 2, 3], offers: 110 },
];

function problemWith(part: Partial<Problem["constraints"]>): Problem {
  const budgetMicros = Math.floor(mostSpend(users) * 0.2);
  return { users, actions: 5, constraints: { budgetMicros, costWeight: 0, caps: [], ...part } };
}

describe.each([
  { name: "without caps", caps: [] },
  { name: "with caps", caps: CAPS },
])("the response curve $name", ({ caps }) => {
  const problem = problemWith({ caps });
  const { curve } = solve(problem);

  it("has 20 budgets, up to twice the one given", () => {
    expect(curve.map(({ budgetMicros }) => budgetMicros)).toEqual(
      curve.map((_, i) => Math.round(((i + 1) * problem.constraints.budgetMicros) / 10)),
    );
    expect(curve).toHaveLength(20);
  });

  it("is the optimum of the linear relaxation at each of them, by HiGHS", () => {
    for (const { budgetMicros, valueMicros } of curve) {
      const relaxed = optimum({ ...problem, constraints: { ...problem.constraints, budgetMicros } }, "fractional");
      expect(Math.abs(valueMicros / relaxed - 1)).toBeLessThan(1e-4);
    }
  });

  it("rises and is concave: another unit of money is worth less and less", () => {
    for (const [i, point] of curve.entries()) {
      const before = i === 0 ? { valueMicros: 0, lambda: Infinity, spendMicros: 0 } : curve[i - 1];
      expect(point.valueMicros).toBeGreaterThanOrEqual((before?.valueMicros ?? NaN) * (1 - 1e-5));
      expect(point.lambda).toBeLessThanOrEqual((before?.lambda ?? NaN) * (1 + 1e-2));
      expect(point.spendMicros).toBeGreaterThanOrEqual((before?.spendMicros ?? NaN) * (1 - 1e-3));
      expect(point.spendMicros).toBeLessThanOrEqual(point.budgetMicros);
    }
  });
});

describe("the response curve of a budget that is not scarce", () => {
  it("ends where all is bought", () => {
    const { curve, spendMicros, valueMicros } = solve(problemWith({ budgetMicros: Infinity }));
    expect(curve.at(-1)).toEqual({ budgetMicros: spendMicros, valueMicros, spendMicros, lambda: 0 });
  });
});
