import { describe, expect, test } from "vitest";
import { closedByCaps, mayClose } from "../../../src/core/caps/closed-by-caps.ts";
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
  const histories = { user: historyOf(offers, places), cluster: null };
  const reasons = closedByCaps(conditions, histories, capped);
  const caps = conditions.map(({ cap }) => cap);
  if (!mayClose(caps, histories)) expect(reasons).toBeNull();
  return reasons;
}

test("caps may close an action from as many entries on as one allows, of whatever kind, or where a history is full", () => {
  const caps = [conditionOf({ max: 3 }).cap, conditionOf({ max: 2, program: "loyalty" }).cap];
  const may = (offers: number, places: number, of = caps) =>
    mayClose(of, {
      user: historyOf(
        Array.from({ length: offers }, () => yesterday),
        Array.from({ length: places }, () => ({})),
      ),
      cluster: null,
    });
  expect([may(0, 0), may(1, 0), may(0, 1)]).toEqual([false, false, false]);
  expect([may(2, 0), may(1, 1), may(0, 2), may(3, 0)]).toEqual([true, true, true, true]);
  expect([may(ENTRIES_MAX - 1, 0, []), may(ENTRIES_MAX, 0, [])]).toEqual([false, true]);
});

test("caps may close an action from as many entries on in the history that they count", () => {
  const caps = [conditionOf({ scope: "cluster" }).cap];
  const [nothing, one] = [historyOf([]), historyOf([yesterday])];
  expect(mayClose(caps, { user: one, cluster: nothing })).toBe(false);
  expect(mayClose(caps, { user: nothing, cluster: one })).toBe(true);
});

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
