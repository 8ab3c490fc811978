import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import { createBudgetMetrics, showBudget } from "../../src/ops/budget-metrics.ts";

const REPORT: BudgetAnswer = {
  programId: "spring",
  pool: "spring",
  currency: "EUR",
  state: "paying",
  period: null,
  reserve: "max",
  amount: 100,
  settled: 20.5,
  pending: 30,
  leased: 1,
  available: 48.5,
  overrun: 0.25,
  utilisation: 0.505,
  planned: 52,
  forecast: 98,
  prices: { epoch: 7, lambda: 0.31, rho: null, mu: { "action:mail": 0.5 } },
  arrivals: { seen: 10, expected: null },
  volumes: [
    { volume: "action:mail", limit: 1_000, used: 400, available: 600 },
    { volume: "channel:app", limit: 5, used: 0, available: 5 },
  ],
  exploration: null,
  costs: {
    day: "2026-11-21",
    actions: [
      { program: "spring", action: "mail", bias: 1.25, offers: 100, redemptions: 7, predicted: 20, realized: 24.5 },
    ],
  },
  holders: [],
  awaited: [],
};

async function linesAfter(...reports: readonly BudgetAnswer[]): Promise<readonly string[]> {
  const registry = new Registry();
  const metrics = createBudgetMetrics([registry]);
  for (const report of reports) showBudget(metrics, report);
  return (await registry.metrics()).split("\n").filter((line) => !line.startsWith("#") && line !== "");
}

test("a budget is exported as it was last reported, in its currency's units", async () => {
  expect(BudgetAnswer.safeParse(REPORT).success).toBe(true);
  const lines = await linesAfter({ ...REPORT, settled: 1 }, REPORT);
  expect(lines).toEqual([
    'liftgate_budget_amount{budget="spring"} 100',
    'liftgate_budget_settled{budget="spring"} 20.5',
    'liftgate_budget_pending{budget="spring"} 30',
    'liftgate_budget_leased{budget="spring"} 1',
    'liftgate_budget_available{budget="spring"} 48.5',
    'liftgate_budget_overrun{budget="spring"} 0.25',
    'liftgate_budget_utilisation_ratio{budget="spring"} 0.505',
    'liftgate_budget_planned{budget="spring"} 52',
    'liftgate_budget_forecast{budget="spring"} 98',
    'liftgate_budget_paying{budget="spring"} 1',
    'liftgate_shadow_price{budget="spring"} 0.31',
    'liftgate_money_per_arrival{budget="spring"} 0',
    'liftgate_volume_limit{budget="spring",volume="action:mail"} 1000',
    'liftgate_volume_limit{budget="spring",volume="channel:app"} 5',
    'liftgate_volume_used{budget="spring",volume="action:mail"} 400',
    'liftgate_volume_used{budget="spring",volume="channel:app"} 0',
    'liftgate_volume_price{budget="spring",volume="action:mail"} 0.5',
    'liftgate_volume_price{budget="spring",volume="channel:app"} 0',
    'liftgate_cost_bias{budget="spring",program="spring",action="mail"} 1.25',
  ]);
});

test.each(["recovering", "unreachable", "between_periods"] as const)(
  "a budget that is %s does not pay",
  async (state) => {
    expect(await linesAfter({ ...REPORT, state })).toContain('liftgate_budget_paying{budget="spring"} 0');
  },
);
