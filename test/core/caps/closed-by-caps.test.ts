import { describe, expect, test } from "vitest";
import { closedByCaps } from "../../../src/core/caps/closed-by-caps.ts";
import { conditionOf, NOW_MS, offerOf } from "../../support/offers.ts";

const capped = {
  program: "reactivation",
  actions: [
    { id: "no_offer", channel: null },
    { id: "voucher_5", channel: "email" },
    { id: "voucher_10", channel: "email" },
    { id: "push_1", channel: "push" },
  ],
};
const OPEN = [null, null, null, null];
const yesterday = offerOf({ decidedAtMs: NOW_MS - 86_400_000 });
const cooldown = { reason: "cooldown" } as const;

function closed(conditions: readonly ReturnType<typeof conditionOf>[], user = [yesterday]) {
  return closedByCaps(conditions, { user, cluster: null }, capped);
}

describe("caps", () => {
  test("close nothing where there are none, or room is left", () => {
    expect(closed([])).toEqual(OPEN);
    expect(closed([conditionOf({ max: 2 })])).toEqual(OPEN);
    expect(closed([conditionOf()], [])).toEqual(OPEN);
  });

  test("close every paid action of the program when they count all offers", () => {
    expect(closed([conditionOf()])).toEqual([null, "cap_reached", "cap_reached", "cap_reached"]);
    expect(closed([conditionOf({ program: "reactivation" })])).toEqual([
      null,
      "cap_reached",
      "cap_reached",
      "cap_reached",
    ]);
  });

  test("close the actions of their channel only", () => {
    expect(closed([conditionOf({ channel: "email" })])).toEqual([null, "cap_reached", "cap_reached", null]);
    expect(closed([conditionOf({ channel: "push" })])).toEqual(OPEN);
  });

  test("close their own action only", () => {
    expect(closed([conditionOf({ action: "voucher_5" })])).toEqual([null, "cap_reached", null, null]);
  });

  test("of another program count its offers and close none of this one's actions", () => {
    const other = offerOf({ program: "loyalty" });
    expect(closed([conditionOf({ program: "loyalty" })], [other])).toEqual(OPEN);
    expect(closed([conditionOf({ program: "reactivation" })], [other])).toEqual(OPEN);
    expect(closed([conditionOf()], [other])).toEqual([null, "cap_reached", "cap_reached", "cap_reached"]);
  });

  test("tell the reason of the first that does not hold", () => {
    const email = conditionOf({ ...cooldown, channel: "email" });
    expect(closed([email, conditionOf()])).toEqual([null, "cooldown", "cooldown", "cap_reached"]);
    expect(closed([conditionOf(), email])).toEqual([null, "cap_reached", "cap_reached", "cap_reached"]);
    expect(closed([conditionOf({ max: 2 }), email])).toEqual([null, "cooldown", "cooldown", null]);
  });

  test("of a cluster count the offers of the cluster and not the user's", () => {
    const household = conditionOf({ scope: "cluster", channel: "push" });
    const push = offerOf({ action: "push_1", channel: "push" });
    const reasons = (user: readonly (typeof push)[], cluster: readonly (typeof push)[]) =>
      closedByCaps([household], { user, cluster }, capped);
    expect(reasons([push], [])).toEqual(OPEN);
    expect(reasons([], [push])).toEqual([null, null, null, "cap_reached"]);
    expect(() => closedByCaps([household], { user: [], cluster: null }, capped)).toThrow("invariant broken");
  });
});
