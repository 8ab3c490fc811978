import { describe, expect, test } from "vitest";
import { drawArrivals } from "../../loop/arrivals.ts";
import { fateOf } from "../../loop/fate.ts";
import { OFFERS, ORDER_USD } from "../../loop/world.ts";
import { EVERYBODY, PHONE, WEB } from "./customers.ts";

const SEED = 7;
const ID = "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11";
const DAYS_3_MS = 3 * 86_400_000;

describe("who comes", () => {
  test("the same seed brings the same customers at the same times, another seed others", () => {
    const drawn = drawArrivals(EVERYBODY, 300, SEED);
    expect(drawArrivals(EVERYBODY, 300, SEED)).toEqual(drawn);
    expect(drawArrivals(EVERYBODY, 300, SEED + 1)).not.toEqual(drawn);
    expect(drawn.every(({ atMs }, i) => atMs >= (drawn[i - 1]?.atMs ?? 0))).toBe(true);
  });

  test("as many come as are asked for, in the evening twenty times as many as at night", () => {
    const drawn = drawArrivals(EVERYBODY, 30_000, SEED);
    expect(drawn.length / (30_000 * (151 / 30))).toBeCloseTo(1, 1);
    const at = (hour: number): number => drawn.filter(({ atMs }) => new Date(atMs).getUTCHours() === hour).length;
    expect(at(20) / at(3)).toBeGreaterThan(15);
  });
});

describe("what comes of a decision", () => {
  const arrivals = drawArrivals([WEB, PHONE], 8_000, SEED);

  test.each(OFFERS.map(({ id }, offer) => [id, offer] as const))(
    "%s brings and costs what the world says, within four standard errors",
    (id, offer) => {
      const differences = arrivals.map((arrival) => {
        const [offered, none] = [id, "no_offer"].map((action) => fateOf(arrival, action, ID, SEED));
        const orders = Number(isOrdered(offered)) - Number(isOrdered(none));
        const cost = (offered ?? []).reduce(
          (sum, { outcome }) => sum + (outcome.cost ?? 0),
          OFFERS[offer]?.fixedCost ?? 0,
        );
        return {
          value: ORDER_USD * orders - (arrival.expected[offer]?.value ?? 0),
          cost: cost - (arrival.expected[offer]?.cost ?? 0),
        };
      });
      for (const what of ["value", "cost"] as const) {
        const values = differences.map((each) => each[what]);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / values.length;
        expect(Math.abs(mean)).toBeLessThan(4 * spread);
      }
    },
  );

  test("nothing is redeemed that was not seen and ordered, and nothing comes before the decision or after three days", () => {
    for (const arrival of arrivals.slice(0, 5_000)) {
      const told = fateOf(arrival, "sms", ID, SEED);
      const types = told.map(({ outcome }) => outcome.type);
      if (types.includes("redemption")) expect(types).toEqual(["exposure", "reward", "redemption"]);
      for (const { atMs } of told) {
        expect(atMs).toBeGreaterThanOrEqual(arrival.atMs);
        expect(atMs).toBeLessThan(arrival.atMs + DAYS_3_MS);
      }
    }
  });
});

function isOrdered(told: ReturnType<typeof fateOf> | undefined): boolean {
  return told?.some(({ outcome }) => outcome.type === "reward") ?? false;
}
