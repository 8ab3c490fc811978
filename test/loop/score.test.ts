import { describe, expect, test } from "vitest";
import { drawArrivals } from "../../loop/arrivals.ts";
import { fitLikelihood } from "../../loop/likely-buyers.ts";
import { POLICIES, profitOf, type Spending, scoreMonth } from "../../loop/score.ts";
import { BUDGET_USD, OFFERS } from "../../loop/world.ts";
import { EVERYBODY, LOST, SURE, WEB } from "./customers.ts";

const arrivals = drawArrivals(EVERYBODY, 30_000, 3).slice(0, 28_000);
const likelihood = arrivals.map(({ response }) => response.base);

describe("the score of a month", () => {
  const offers = arrivals.map((_, i) => (i % 4 === 0 ? i % OFFERS.length : -1));
  const scored = scoreMonth({ arrivals, offers, likelihood });

  test("every baseline spends what the service spent, to the cent", () => {
    for (const name of ["likely buyers", "best single offer", "random"] as const)
      expect(spendOf(scored[name])).toBeCloseTo(spendOf(scored.liftgate), 2);
    expect(spendOf(scored["no offers"])).toBe(0);
  });

  test("the oracle keeps the budget and is ahead of everybody who spends no more", () => {
    expect(spendOf(scored.oracle)).toBeLessThanOrEqual(BUDGET_USD);
    for (const name of POLICIES)
      if (spendOf(scored[name]) < BUDGET_USD)
        expect(profitOf(scored.oracle)).toBeGreaterThanOrEqual(profitOf(scored[name]));
  });

  test("without logs nobody is known to be likely to buy: offers are random then", () => {
    const blind = scoreMonth({ arrivals, offers, likelihood: null });
    expect(blind["likely buyers"]).toEqual(blind.random);
  });
});

describe("likely buyers", () => {
  test("are found by the logs: sure things before those that can be moved before lost causes", () => {
    const observed = arrivals.map(({ customer, response }, i) => ({
      customer,
      isOrdered: (i * 0.618) % 1 < response.base,
    }));
    const likely = fitLikelihood(observed);
    expect(likely(SURE)).toBeCloseTo(0.33, 1);
    expect(likely(SURE)).toBeGreaterThan(likely(WEB));
    expect(likely(WEB)).toBeGreaterThan(likely(LOST));
  });
});

function spendOf(spending: Spending): number {
  return spending.reduce((sum, { cost }) => sum + cost, 0);
}
