import { describe, expect, test } from "vitest";
import { DRIFT_MS, expectedOf, OFFERS, ORDER_USD, responseOf, START_MS } from "../../loop/world.ts";
import { DOG, PHONE, SURE, WEB } from "./customers.ts";

describe("the loop's world", () => {
  test("what an offer is worth and costs, by hand: a voucher of 3 that 0.85 see and 0.9 of those who order redeem", () => {
    const { base, effect } = responseOf(WEB, START_MS);
    expect(effect[0]).toBeCloseTo(0.11, 12);
    const email = expectedOf({ base, effect })[0];
    expect(email?.value).toBeCloseTo(ORDER_USD * 0.85 * 0.11, 12);
    expect(email?.cost).toBeCloseTo(0.02 + 3 * 0.85 * 0.9 * (0.11 + 0.11), 12);
  });

  test("who is likeliest to buy is not worth an offer, and who is harmed is worth less than none", () => {
    const best = (response: ReturnType<typeof responseOf>): number =>
      Math.max(...expectedOf(response).map(({ value, cost }) => value - cost));
    expect(responseOf(SURE, START_MS).base).toBeGreaterThan(responseOf(WEB, START_MS).base);
    expect(best(responseOf(SURE, START_MS))).toBeLessThan(0);
    expect(best(responseOf(DOG, START_MS))).toBeLessThan(0);
    expect(best(responseOf(WEB, START_MS))).toBeGreaterThan(1);
  });

  test("at the drift the best offers of the web and of the phone change places", () => {
    const best = (customer: typeof WEB, atMs: number): string | undefined => {
      const { effect } = responseOf(customer, atMs);
      return OFFERS[effect.indexOf(Math.max(...effect))]?.id;
    };
    expect([best(WEB, DRIFT_MS - 1), best(PHONE, DRIFT_MS - 1)]).toEqual(["email", "sms"]);
    expect([best(WEB, DRIFT_MS), best(PHONE, DRIFT_MS)]).toEqual(["sms", "email"]);
  });
});
