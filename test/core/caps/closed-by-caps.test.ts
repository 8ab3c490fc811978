import { describe, expect, test } from "vitest";
import { closedByCaps } from "../../../src/core/caps/closed-by-caps.ts";
import { ENTRIES_MAX, type Offer, type Place } from "../../../src/core/domain/offer.ts";
import { conditionOf, historyOf, NOW_MS, offerOf } from "../../support/offers.ts";

const capped = {
  program: "reactivation",
  actions: [
    { id: "no_offer", channel: null },
    { id: "voucher_5", channel: "email" },
    { id: "voucher_10", channel: "email" },
    { id: "push_1", channel: "push" },
  ],
};
const yesterday = offerOf({ decidedAtMs: NOW_MS - 86_400_000 });
const cooldown = { reason: "cooldown" } as const;

function closed(
  conditions: readonly ReturnType<typeof conditionOf>[],
  offers: readonly Offer[] = [yesterday],
  places: readonly Partial<Place>[] = [],
) {
  return closedByCaps(conditions, { user: historyOf(offers, places), cluster: null }, capped);
}

describe("caps", () => {
  test("close nothing where there are none, or room is left", () => {
    expect(closed([])).toBeNull();
    expect(closed([conditionOf({ max: 2 })])).toBeNull();
    expect(closed([conditionOf()], [])).toBeNull();
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
    expect(closed([conditionOf({ channel: "push" })])).toBeNull();
  });

  test("close their own action only", () => {
    expect(closed([conditionOf({ action: "voucher_5" })])).toEqual([null, "cap_reached", null, null]);
  });

  test("of another program count its offers and close none of this one's actions", () => {
    const other = offerOf({ program: "loyalty" });
    expect(closed([conditionOf({ program: "loyalty" })], [other])).toBeNull();
    expect(closed([conditionOf({ program: "reactivation" })], [other])).toBeNull();
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
    const reasons = (user: readonly Offer[], cluster: readonly Offer[]) =>
      closedByCaps([household], { user: historyOf(user), cluster: historyOf(cluster) }, capped);
    expect(reasons([push], [])).toBeNull();
    expect(reasons([], [push])).toEqual([null, null, null, "cap_reached"]);
    expect(() => closedByCaps([household], { user: historyOf([]), cluster: null }, capped)).toThrow("invariant broken");
  });

  test("count a place as an offer of every action of its program", () => {
    const own = [{ program: "reactivation" }];
    expect(closed([conditionOf({ channel: "push" })], [], own)).toEqual([null, null, null, "cap_reached"]);
    expect(closed([conditionOf({ program: "reactivation", action: "voucher_5" })], [], own)).toEqual([
      null,
      "cap_reached",
      null,
      null,
    ]);
    expect(closed([conditionOf({ program: "reactivation" })], [], [{ program: "loyalty" }])).toBeNull();
    expect(closed([conditionOf({ max: 2 })], [yesterday], own)).toEqual([
      null,
      "cap_reached",
      "cap_reached",
      "cap_reached",
    ]);
  });

  test("of a full history close every paid action, whatever they count", () => {
    const full = historyOf(
      [yesterday],
      Array.from({ length: ENTRIES_MAX - 1 }, () => ({ program: "loyalty" })),
    );
    const all = [null, "cap_reached", "cap_reached", "cap_reached"];
    expect(closedByCaps([], { user: full, cluster: null }, capped)).toEqual(all);
    expect(closedByCaps([], { user: historyOf([]), cluster: full }, capped)).toEqual(all);
    const room = { ...full, places: full.places.slice(1) };
    expect(closedByCaps([], { user: room, cluster: null }, capped)).toBeNull();
  });
});
