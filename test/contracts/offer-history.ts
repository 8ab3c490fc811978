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
import type { HistoryRead, OfferHistory } from "../../src/core/ports.ts";
import { cluster, conditionOf, DAY_MS, HOUR_MS, idOf, keptOf, NOW_MS, placeOf, told, user } from "../support/offers.ts";

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

    test("offers come back as they were given, to the right subject", async () => {
      const [history, other] = await replicas();
      const first = keptOf(1);
      const second = keptOf(2, { action: "push_1", channel: null, decidedAtMs: NOW_MS + 1 });
      await history.take(placeOf(1), both, NOW_MS);
      await given(history, first, both);
      await other.take(placeOf(2), [user], NOW_MS);
      await given(other, second);
      for (const replica of [history, other]) {
        expect(await historyIn(replica, user)).toEqual(seen([first, second]));
        expect(await historyIn(replica, cluster)).toEqual(seen([first]));
        expect(await historyIn(replica, { scope: "user", id: "u2" })).toEqual(NOTHING);
      }
    });

    test("whoever takes a place finds the places and offers before it, and not its own", async () => {
      const [history, other] = await replicas();
      const places = [placeOf(1), placeOf(2, { program: "loyalty" }), placeOf(3)] as const;
      expect(await foundBy(history.take(places[0], both, NOW_MS))).toEqual([NOTHING, NOTHING]);
      expect(await foundBy(other.take(places[1], [user], NOW_MS))).toEqual([seen([], [places[0]])]);
      await given(history, keptOf(1), both);
      expect(await foundBy(other.take(places[2], both, NOW_MS))).toEqual([
        seen([keptOf(1)], [places[1]]),
        seen([keptOf(1)]),
      ]);
      expect(await historyIn(history, user)).toEqual(seen([keptOf(1)], [places[1], places[2]]));
    });

    test("a place is there for everybody until it is left, then in no history and for nobody", async () => {
      const [history, other] = await replicas();
      await history.take(placeOf(1), both, NOW_MS);
      await history.take(placeOf(2), both, NOW_MS);
      for (const subject of both) expect(await placesOf(other, subject)).toEqual([placeOf(1), placeOf(2)]);
      await left(history, idOf(1), both);
      for (const subject of both) expect(await historyIn(other, subject)).toEqual(seen([], [placeOf(2)]));
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

    test("an offer that is given 1,000 times at once counts once", async () => {
      const opened = await replicas();
      await opened[0].take(placeOf(1), both, NOW_MS);
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => given(opened[i % 2 === 0 ? 0 : 1], keptOf(1), both)));
      for (const subject of both) expect(await historyIn(opened[0], subject)).toEqual(seen([keptOf(1)]));
    });

    test("an offer that had no place is there all the same", async () => {
      const [history, other] = await replicas();
      await given(history, keptOf(1), both);
      for (const subject of both) expect(await historyIn(other, subject)).toEqual(seen([keptOf(1)]));
    });

    test("an offer that is taken back is in no history, and no other decision's goes with it", async () => {
      const [history, other] = await replicas();
      const second = keptOf(2, { decidedAtMs: NOW_MS + 1 });
      for (const offer of [keptOf(1), second]) await decide(history, offer, { subjects: both });
      await takenBack(other, idOf(1), both);
      await takenBack(other, idOf(1), both);
      for (const subject of both) expect(await historyIn(history, subject)).toEqual(seen([second]));
    });

    test("leaving a place that was never there, or taking back an offer, changes nothing", async () => {
      const [history] = await replicas();
      await left(history, idOf(1), both);
      await takenBack(history, idOf(1), both);
      await decide(history, keptOf(2));
      await left(history, idOf(2), [user]);
      await left(history, idOf(1), [user]);
      await takenBack(history, idOf(1), [user]);
      expect(await historyIn(history, user)).toEqual(seen([keptOf(2)]));
    });

    test("an offer that is taken back takes the place of the decision with it", async () => {
      const [history] = await replicas();
      await history.take(placeOf(1), both, NOW_MS);
      await takenBack(history, idOf(1), both);
      for (const subject of both) expect(await historyIn(history, subject)).toEqual(NOTHING);
    });

    test("a decision that left its place may still give an offer", async () => {
      const [history] = await replicas();
      await history.take(placeOf(1), [user], NOW_MS);
      await left(history, idOf(1), [user]);
      await given(history, keptOf(1));
      expect(await historyIn(history, user)).toEqual(seen([keptOf(1)]));
    });

    test("a subject that is forgotten has no history, and the others keep theirs", async () => {
      const [history, other] = await replicas();
      await decide(history, keptOf(1), { subjects: both });
      await history.take(placeOf(2), both, NOW_MS);
      await other.forget(user);
      await other.forget(user);
      expect(await historyIn(history, user)).toEqual(NOTHING);
      expect(await historyIn(history, cluster)).toEqual(seen([keptOf(1)], [placeOf(2)]));
    });

    test("what was given before a subject was forgotten is forgotten too", async () => {
      const [history] = await replicas();
      await history.give(keptOf(1), [user]);
      await history.forget(user);
      expect(await historyIn(history, user)).toEqual(NOTHING);
    });

    test("giving an offer drops what is not needed any more, from that instant on", async () => {
      const [history] = await replicas();
      const untilMs = NOW_MS + 30 * DAY_MS;
      const [first, needed, third, fourth] = [1, 2, 3, 4].map((n) => keptOf(n, { decidedAtMs: NOW_MS + n - 1 })) as [
        KeptOffer,
        KeptOffer,
        KeptOffer,
        KeptOffer,
      ];
      await decide(history, first);
      await decide(history, needed);
      await given(history, { ...third, decidedAtMs: untilMs - 1 });
      expect(await offersOf(history, user)).toHaveLength(3);
      await given(history, { ...fourth, decidedAtMs: untilMs });
      expect((await offersOf(history, user)).map(({ decidedAtMs }) => decidedAtMs)).toEqual([
        needed.decidedAtMs,
        untilMs - 1,
        untilMs,
      ]);
    });

    test("whoever takes a place finds none that is not needed any more", async () => {
      const [history] = await replicas();
      const untilMs = NOW_MS + 30 * DAY_MS;
      const later = placeOf(2, { keepUntilMs: untilMs + 1 });
      await history.take(placeOf(1, { keepUntilMs: untilMs }), [user], NOW_MS);
      await history.take(later, [user], untilMs - 1);
      expect(await placesOf(history, user)).toHaveLength(2);
      expect(await foundBy(history.take(placeOf(3, { keepUntilMs: untilMs + 2 }), [user], untilMs))).toEqual([
        seen([], [later]),
      ]);
      expect(await placesOf(history, user)).toHaveLength(2);
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
      for (const { decisionId } of offers.slice(CAP_MAX - ALIKE_MAX)) await takenBack(history, decisionId, [user]);
      const [found] = await foundBy(history.take(placeOf(1_000), [user], NOW_MS));
      expect(found?.offers).toHaveLength(CAP_MAX);
      expect(holds(conditionOf({ max: CAP_MAX }), found ?? NOTHING)).toBe(false);
    });

    test("in a history that is full no other offer is kept, until some are not needed any more", async () => {
      const [history] = await replicas();
      const kindOf = (n: number) => ({ action: `voucher_${n % 8}`, decidedAtMs: NOW_MS + n });
      for (let n = 1; n <= ENTRIES_MAX; n++) await decide(history, keptOf(n, kindOf(n)));
      const full = await historyIn(history, user);
      expect(full).toMatchObject({ offers: { length: ENTRIES_MAX }, places: [] });
      await decide(history, keptOf(1_001, kindOf(1_001)));
      expect(await historyIn(history, user)).toEqual(full);

      const laterMs = NOW_MS + 1 + 30 * DAY_MS;
      const until = { keepUntilMs: laterMs + DAY_MS };
      const [found] = await foundBy(history.take(placeOf(1_002, until), [user], laterMs));
      expect(found?.offers).toHaveLength(ENTRIES_MAX - 1);
      await given(history, keptOf(1_002, { ...kindOf(2), decidedAtMs: laterMs }));
      expect((await offersOf(history, user)).at(-1)?.decidedAtMs).toBe(laterMs);
      expect(await offersOf(history, user)).toHaveLength(ENTRIES_MAX);
    });

    test("a place is no matter of how many offers there are, and an offer none of how many places", async () => {
      const [history] = await replicas();
      const kindOf = (n: number) => ({ action: `voucher_${n % 8}`, decidedAtMs: NOW_MS + n });
      for (let n = 1; n < ENTRIES_MAX; n++) await decide(history, keptOf(n, kindOf(n)));
      for (const n of [2_001, 2_002]) await history.take(placeOf(n), [user], NOW_MS);
      expect(await historyIn(history, user)).toMatchObject({
        offers: { length: ENTRIES_MAX - 1 },
        places: { length: 2 },
      });
      await given(history, keptOf(2_001, kindOf(0)));
      expect(await historyIn(history, user)).toMatchObject({ offers: { length: ENTRIES_MAX }, places: { length: 1 } });
    });
  });
}

/** Oldest first. */
export async function offersOf(history: OfferHistory, subject: Subject): Promise<readonly Offer[]> {
  return (await historyIn(history, subject)).offers;
}

/** In the order of their decisions' ids. */
export async function placesOf(history: OfferHistory, subject: Subject): Promise<readonly Place[]> {
  return (await historyIn(history, subject)).places;
}

/** Gives, and reads: from then on every replica sees it. */
export async function given(history: OfferHistory, offer: KeptOffer, subjects: readonly Subject[] = [user]) {
  await history.give(offer, subjects);
  await history.read(subjects);
}

/** Leaves, and reads: from then on every replica sees it. */
export async function left(history: OfferHistory, decisionId: string, subjects: readonly Subject[]) {
  history.leave(decisionId, subjects);
  await history.read(subjects);
}

/** Takes back, and reads: from then on every replica sees it. */
export async function takenBack(history: OfferHistory, decisionId: string, subjects: readonly Subject[]) {
  await history.takeBack(decisionId, subjects);
  await history.read(subjects);
}

/** The histories in an order, since they have none: offers oldest first, places by id. Offers as anybody is told. */
export async function foundBy(reading: Promise<readonly HistoryRead[]>): Promise<readonly History[]> {
  return (await reading).map((read) => {
    if (read.kind !== "found") throw new Error(`expected a history, got ${read.kind}`);
    return {
      offers: read.history.offers.map(told).toSorted((a, b) => a.decidedAtMs - b.decidedAtMs),
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
  const { decisionId, program, keepUntilMs } = offer;
  const found = await foundBy(history.take({ decisionId, program, keepUntilMs }, subjects, NOW_MS));
  const isOpen = conditions.every((condition) => holds(condition, found[0] ?? NOTHING));
  if (isOpen) await given(history, offer, subjects);
  else await left(history, decisionId, subjects);
}

/** As a store tells it. */
function seen(offers: readonly KeptOffer[], places: readonly Place[] = []): History {
  return { offers: offers.map(told), places };
}
