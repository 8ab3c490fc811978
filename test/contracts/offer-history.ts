/** What every store of offer histories must do, run against each adapter. */
import { describe, expect, onTestFinished, test } from "vitest";
import { holds } from "../../src/core/caps/condition.ts";
import type { Condition } from "../../src/core/domain/cap.ts";
import {
  ALIKE_MAX,
  CAP_MAX,
  ENTRIES_MAX,
  type History,
  type KeptOffer,
  type Offer,
  type Place,
  type Subject,
} from "../../src/core/domain/offer.ts";
import type { HistoryRead, OfferHistory, Settlement } from "../../src/core/ports.ts";
import {
  cluster,
  conditionOf,
  DAY_MS,
  HOUR_MS,
  keptOf,
  NOW_MS,
  placeOf,
  settlementOf,
  user,
} from "../support/offers.ts";

/** Two views of one store: two replicas where the adapter has them. */
export type OpenReplicas = () => Promise<readonly [OfferHistory, OfferHistory]>;

const NOTHING: History = { offers: [], places: [] };
const both = [user, cluster];

/** @param open an empty store; the suite closes it */
export function describeOfferHistory(name: string, open: OpenReplicas): void {
  async function replicas(): Promise<readonly [OfferHistory, OfferHistory]> {
    const opened = await open();
    onTestFinished(async () => {
      for (const history of opened) await history.close();
    });
    return opened;
  }

  describe(`${name} as a store of offer histories`, () => {
    test("whoever was never offered anything has an empty history", async () => {
      const [history] = await replicas();
      expect(await history.read(both)).toEqual([
        { kind: "found", history: NOTHING },
        { kind: "found", history: NOTHING },
      ]);
    });

    test("offers come back as they were settled, to the right subject", async () => {
      const [history, other] = await replicas();
      const first = keptOf(1);
      const second = keptOf(2, { action: "push_1", channel: null, decidedAtMs: NOW_MS + 1 });
      await history.take(placeOf(1), both, NOW_MS);
      await settled(history, settlementOf(1, first, { subjects: both }));
      await other.take(placeOf(2), [user], NOW_MS);
      await settled(other, settlementOf(2, second));
      for (const replica of [history, other]) {
        expect(await historyIn(replica, user)).toEqual({ offers: [first, second], places: [] });
        expect(await historyIn(replica, cluster)).toEqual({ offers: [first], places: [] });
        expect(await historyIn(replica, { scope: "user", id: "u2" })).toEqual(NOTHING);
      }
    });

    test("whoever takes a place finds the places and offers before it, and not its own", async () => {
      const [history, other] = await replicas();
      const places = [placeOf(1), placeOf(2, { program: "loyalty" }), placeOf(3)] as const;
      expect(await foundBy(history.take(places[0], both, NOW_MS))).toEqual([NOTHING, NOTHING]);
      expect(await foundBy(other.take(places[1], [user], NOW_MS))).toEqual([{ offers: [], places: [places[0]] }]);
      await settled(history, settlementOf(1, keptOf(1), { subjects: both }));
      expect(await foundBy(other.take(places[2], both, NOW_MS))).toEqual([
        { offers: [keptOf(1)], places: [places[1]] },
        { offers: [keptOf(1)], places: [] },
      ]);
      expect(await historyIn(history, user)).toEqual({ offers: [keptOf(1)], places: [places[1], places[2]] });
    });

    test("a place is there for everybody until nothing is offered, then in no history and for nobody", async () => {
      const [history, other] = await replicas();
      await history.take(placeOf(1), both, NOW_MS);
      await history.take(placeOf(2), both, NOW_MS);
      for (const subject of both) expect(await placesOf(other, subject)).toEqual([placeOf(1), placeOf(2)]);
      await settled(history, settlementOf(1, null, { subjects: both }));
      for (const subject of both) expect(await historyIn(other, subject)).toEqual({ offers: [], places: [placeOf(2)] });
    });

    test("reading takes no place", async () => {
      const [history] = await replicas();
      await history.read(both);
      expect(await foundBy(history.read(both))).toEqual([NOTHING, NOTHING]);
    });

    test("of 1,000 places taken at once by two replicas each finds one more before it, while there is room", async () => {
      const opened = await replicas();
      const found = await Promise.all(
        Array.from({ length: 1_000 }, async (_, n) => {
          const [history] = await foundBy(opened[n % 2 === 0 ? 0 : 1].take(placeOf(n), [user], NOW_MS));
          return history ?? NOTHING;
        }),
      );
      const before = found.map(({ places }) => places.length).toSorted((a, b) => a - b);
      expect(before).toEqual(Array.from({ length: 1_000 }, (_, n) => Math.min(n, ENTRIES_MAX)));
      for (const max of [1, 3, CAP_MAX]) {
        expect(found.filter((history) => holds(conditionOf({ max }), history))).toHaveLength(max);
      }
    });

    test("of 1,000 decisions at once by two replicas exactly as many give an offer as the caps have room for", async () => {
      const opened = await replicas();
      const conditions = [conditionOf({ max: 3 }), conditionOf({ max: 7, channel: "email" })];
      await Promise.all(
        Array.from({ length: 1_000 }, (_, n) => decide(opened[n % 2 === 0 ? 0 : 1], keptOf(n), { conditions })),
      );
      for (const replica of opened) {
        expect(await historyIn(replica, user)).toMatchObject({ offers: { length: 3 }, places: [] });
      }
    });

    test("an offer that is settled 1,000 times at once counts once", async () => {
      const opened = await replicas();
      await opened[0].take(placeOf(1), both, NOW_MS);
      const settlement = settlementOf(1, keptOf(1), { subjects: both });
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => settled(opened[i % 2 === 0 ? 0 : 1], settlement)));
      for (const subject of both)
        expect(await historyIn(opened[0], subject)).toEqual({ offers: [keptOf(1)], places: [] });
    });

    test("an offer that had no place is there all the same", async () => {
      const [history, other] = await replicas();
      await settled(history, settlementOf(1, keptOf(1), { subjects: both }));
      for (const subject of both) expect(await historyIn(other, subject)).toEqual({ offers: [keptOf(1)], places: [] });
    });

    test("an offer that is taken back is in no history, and no other decision's goes with it", async () => {
      const [history, other] = await replicas();
      const second = keptOf(2, { decidedAtMs: NOW_MS + 1 });
      for (const offer of [keptOf(1), second]) await decide(history, offer, { subjects: both });
      await settled(other, settlementOf(1, null, { subjects: both }));
      await settled(other, settlementOf(1, null, { subjects: both }));
      for (const subject of both) expect(await historyIn(history, subject)).toEqual({ offers: [second], places: [] });
    });

    test("settling what was never there as nothing changes nothing", async () => {
      const [history] = await replicas();
      await settled(history, settlementOf(1, null, { subjects: both }));
      await decide(history, keptOf(2));
      await settled(history, settlementOf(1, null));
      expect(await historyIn(history, user)).toEqual({ offers: [keptOf(2)], places: [] });
    });

    test("a decision that was settled as nothing may still become an offer", async () => {
      const [history] = await replicas();
      await history.take(placeOf(1), [user], NOW_MS);
      await settled(history, settlementOf(1, null));
      await settled(history, settlementOf(1, keptOf(1)));
      expect(await historyIn(history, user)).toEqual({ offers: [keptOf(1)], places: [] });
    });

    test("a subject that is forgotten has no history, and the others keep theirs", async () => {
      const [history, other] = await replicas();
      await decide(history, keptOf(1), { subjects: both });
      await history.take(placeOf(2), both, NOW_MS);
      await other.forget(user);
      await other.forget(user);
      expect(await historyIn(history, user)).toEqual(NOTHING);
      expect(await historyIn(history, cluster)).toEqual({ offers: [keptOf(1)], places: [placeOf(2)] });
    });

    test("what was settled before a subject was forgotten is forgotten too", async () => {
      const [history] = await replicas();
      await history.settle(settlementOf(1, keptOf(1)));
      await history.forget(user);
      expect(await historyIn(history, user)).toEqual(NOTHING);
    });

    test.each([
      ["an offer", keptOf(9, { decidedAtMs: NOW_MS + 30 * DAY_MS })],
      ["nothing", null],
    ])("settling %s drops what was found and is not needed any more", async (_, offer) => {
      const [history] = await replicas();
      const untilMs = NOW_MS + 30 * DAY_MS;
      const needed = keptOf(2, { decidedAtMs: NOW_MS + 1 });
      await decide(history, keptOf(1));
      await decide(history, needed);
      await history.take(placeOf(3, { keepUntilMs: untilMs }), [user], NOW_MS);
      await history.take(placeOf(4, { keepUntilMs: untilMs + 1 }), [user], NOW_MS);
      await settleFound(history, settlementOf(8, null, { atMs: untilMs - 1 }));
      expect(await historyIn(history, user)).toMatchObject({ offers: { length: 2 }, places: { length: 2 } });
      await settleFound(history, settlementOf(9, offer, { atMs: untilMs }));
      expect(await historyIn(history, user)).toEqual({
        offers: offer === null ? [needed] : [needed, offer],
        places: [placeOf(4, { keepUntilMs: untilMs + 1 })],
      });
    });

    test("of many offers of one kind the newest are kept, whatever the order they came in", async () => {
      const [history] = await replicas();
      const order = Array.from({ length: ALIKE_MAX + 20 }, (_, i) => (i * 7) % (ALIKE_MAX + 20));
      await decide(history, keptOf(1_000, { channel: "push", decidedAtMs: NOW_MS - HOUR_MS }));
      for (const n of order) await decide(history, keptOf(n, { decidedAtMs: NOW_MS + n }));
      const kept = (await offersOf(history, user)).map(({ decidedAtMs }) => decidedAtMs - NOW_MS);
      // By hand: the last to be kept in a moving selection of the newest; the push is of another kind.
      let model: number[] = [];
      for (const n of order) {
        if (model.length === ALIKE_MAX) model = model.filter((ms) => ms !== Math.min(...model));
        model.push(n);
      }
      expect(kept).toEqual([-HOUR_MS, ...model.toSorted((a, b) => a - b)]);
    });

    test("the largest cap holds after more offers than a history keeps, even when some of those kept are taken back", async () => {
      const [history] = await replicas();
      const offers = Array.from({ length: ALIKE_MAX + 50 }, (_, n) => keptOf(n, { decidedAtMs: NOW_MS + n }));
      for (const offer of offers) await decide(history, offer);
      for (const { decisionId } of offers.slice(CAP_MAX - ALIKE_MAX)) {
        await settled(history, { ...settlementOf(0, null), decisionId });
      }
      const [found] = await foundBy(history.take(placeOf(1_000), [user], NOW_MS));
      expect(found?.offers).toHaveLength(CAP_MAX);
      expect(holds(conditionOf({ max: CAP_MAX }), found ?? NOTHING)).toBe(false);
    });

    test("in a history that is full nobody takes a place and no other offer is kept, until some are not needed any more", async () => {
      const [history] = await replicas();
      const kindOf = (n: number) => ({ action: `voucher_${n % 8}`, decidedAtMs: NOW_MS + n });
      for (let n = 1; n < ENTRIES_MAX; n++) await decide(history, keptOf(n, kindOf(n)));
      await history.take(placeOf(ENTRIES_MAX), [user], NOW_MS);
      const full = await historyIn(history, user);
      expect(full).toMatchObject({ offers: { length: ENTRIES_MAX - 1 }, places: { length: 1 } });

      expect(await foundBy(history.take(placeOf(1_000), both, NOW_MS))).toEqual([full, NOTHING]);
      await settleFound(history, settlementOf(1_001, keptOf(1_001, kindOf(1_001))));
      expect(await historyIn(history, user)).toEqual(full);
      expect(await placesOf(history, cluster)).toEqual([placeOf(1_000)]);

      const last = keptOf(ENTRIES_MAX, kindOf(ENTRIES_MAX));
      await settled(history, settlementOf(ENTRIES_MAX, last));
      await settled(history, settlementOf(ENTRIES_MAX, last));
      expect(await historyIn(history, user)).toEqual({ offers: [...full.offers, last], places: [] });

      await settleFound(history, settlementOf(1_002, null, { atMs: NOW_MS + 1 + 30 * DAY_MS }));
      expect(await offersOf(history, user)).toHaveLength(ENTRIES_MAX - 1);
      await history.take(placeOf(1_003), [user], NOW_MS);
      expect(await placesOf(history, user)).toEqual([placeOf(1_003)]);
    });
  });
}

/** Offers without what only a history needs to know, oldest first. */
export async function offersOf(history: OfferHistory, subject: Subject): Promise<readonly Offer[]> {
  const { offers } = await historyIn(history, subject);
  return offers.map(({ program, action, channel, decidedAtMs, expiresAtMs }) => ({
    program,
    action,
    channel,
    decidedAtMs,
    expiresAtMs,
  }));
}

/** In the order of their decisions' ids. */
export async function placesOf(history: OfferHistory, subject: Subject): Promise<readonly Place[]> {
  return (await historyIn(history, subject)).places;
}

/** Settles, and reads: from then on every replica sees it. */
export async function settled(history: OfferHistory, settlement: Settlement): Promise<void> {
  await history.settle(settlement);
  await history.read(settlement.subjects);
}

/** The histories in an order, since they have none: offers oldest first, places by id. */
export async function foundBy(reading: Promise<readonly HistoryRead[]>): Promise<readonly History[]> {
  return (await reading).map((read) => {
    if (read.kind !== "found") throw new Error(`expected a history, got ${read.kind}`);
    return {
      offers: read.history.offers.toSorted((a, b) => a.decidedAtMs - b.decidedAtMs),
      places: read.history.places.toSorted((a, b) => a.decisionId.localeCompare(b.decisionId)),
    };
  });
}

async function historyIn(history: OfferHistory, subject: Subject): Promise<History> {
  const [found] = await foundBy(history.read([subject]));
  return found ?? NOTHING;
}

/** As the service does it: a place, and the offer in it if all conditions hold in the user's history. */
async function decide(
  history: OfferHistory,
  offer: KeptOffer,
  { conditions = [], subjects = [user] }: { conditions?: readonly Condition[]; subjects?: readonly Subject[] } = {},
): Promise<void> {
  const { decisionId, program, keepUntilMs, decidedAtMs } = offer;
  const found = await foundBy(history.take({ decisionId, program, keepUntilMs }, subjects, NOW_MS));
  const isOpen = conditions.every((condition) => holds(condition, found[0] ?? NOTHING));
  await settled(history, { decisionId, offer: isOpen ? offer : null, subjects, found, atMs: decidedAtMs });
}

/** Settles with what is there, having taken no place. */
async function settleFound(history: OfferHistory, settlement: Settlement): Promise<void> {
  await settled(history, { ...settlement, found: await foundBy(history.read(settlement.subjects)) });
}
