/** What every store of offer histories must do, run against each adapter. */
import { describe, expect, onTestFinished, test } from "vitest";
import { TemporalCalendar } from "../../src/adapters/temporal/calendar.ts";
import { ALIKE_MAX, CAP_MAX, type Offer, OFFERS_MAX, type Subject } from "../../src/core/domain/offer.ts";
import type { OfferHistory } from "../../src/core/ports.ts";
import {
  capOf,
  cappedCommit,
  cluster,
  commitOf,
  conditionOf,
  DAY_MS,
  HOUR_MS,
  idOf,
  NOW_MS,
  offerOf,
  user,
} from "../support/offers.ts";

/** Two views of one store: two replicas where the adapter has them. */
export type OpenReplicas = () => Promise<readonly [OfferHistory, OfferHistory]>;

/** @param open an empty store; the suite closes it */
export function describeOfferHistory(name: string, open: OpenReplicas): void {
  async function replicas(): Promise<readonly [OfferHistory, OfferHistory]> {
    const both = await open();
    onTestFinished(async () => {
      for (const history of both) await history.close();
    });
    return both;
  }

  describe(`${name} as a store of offer histories`, () => {
    test("whoever was never offered anything has an empty history", async () => {
      const [history] = await replicas();
      expect(await history.read([user, cluster])).toEqual([
        { kind: "found", offers: [] },
        { kind: "found", offers: [] },
      ]);
    });

    test("offers come back as they were committed, oldest commit first, to the right subject", async () => {
      const [history, other] = await replicas();
      const first = commitOf(1, {}, { subject: user }, { subject: cluster });
      const second = commitOf(2, { action: "push_1", channel: null, decidedAtMs: NOW_MS + 1 });
      expect(await history.commit(first)).toBe("committed");
      expect(await other.commit(second)).toBe("committed");
      for (const replica of [history, other]) {
        expect(await offersOf(replica, user)).toEqual([first.offer, second.offer]);
        expect(await offersOf(replica, cluster)).toEqual([first.offer]);
        expect(await offersOf(replica, { scope: "user", id: "u2" })).toEqual([]);
      }
    });

    test.each<readonly [string, Partial<Offer>, Parameters<typeof conditionOf>[0], "committed" | "refused"]>([
      ["any offer", {}, {}, "refused"],
      ["its program", {}, { program: "reactivation" }, "refused"],
      ["another program", {}, { program: "loyalty" }, "committed"],
      ["its action", {}, { action: "voucher_5" }, "refused"],
      ["another action", {}, { action: "voucher_10" }, "committed"],
      ["its channel", {}, { channel: "email" }, "refused"],
      ["another channel", {}, { channel: "push" }, "committed"],
      ["a channel where there was none", { channel: null }, { channel: "email" }, "committed"],
      ["its kind", {}, { program: "reactivation", action: "voucher_5", channel: "email" }, "refused"],
      ["its kind in another program", {}, { program: "loyalty", action: "voucher_5", channel: "email" }, "committed"],
      ["two offers", {}, { max: 2 }, "committed"],
    ])("a condition on %s", async (_, there, counted, outcome) => {
      const [history, other] = await replicas();
      await history.commit(commitOf(1, there));
      const next = commitOf(2, { decidedAtMs: NOW_MS + 1 }, { conditions: [conditionOf(counted)] });
      expect(await other.commit(next)).toBe(outcome);
      expect(await offersOf(history, user)).toHaveLength(outcome === "committed" ? 2 : 1);
    });

    test("an offer counts after the instant a condition names, and not at it", async () => {
      const [history] = await replicas();
      await history.commit(commitOf(1));
      const after = (afterMs: number) => [{ conditions: [conditionOf({}, afterMs)] }];
      expect(await history.commit(commitOf(2, { decidedAtMs: NOW_MS + 1 }, ...after(NOW_MS - 1)))).toBe("refused");
      expect(await history.commit(commitOf(3, { decidedAtMs: NOW_MS + 1 }, ...after(NOW_MS)))).toBe("committed");
    });

    test("an offer from a clock that is ahead counts", async () => {
      const [history] = await replicas();
      await history.commit(commitOf(1, { decidedAtMs: NOW_MS + HOUR_MS }));
      expect(await history.commit(commitOf(2, {}, { conditions: [conditionOf()] }))).toBe("refused");
    });

    test("one condition that does not hold in one history keeps the offer out of all", async () => {
      const [history] = await replicas();
      await history.commit(commitOf(1, {}, { subject: cluster }));
      const refused = { conditions: [conditionOf()] };
      expect(await history.commit(commitOf(2, {}, { subject: user }, { subject: cluster, ...refused }))).toBe(
        "refused",
      );
      expect(await offersOf(history, user)).toEqual([]);
      expect(await offersOf(history, cluster)).toHaveLength(1);
    });

    test("of 1,000 commits at once for one user by two replicas exactly as many succeed as the cap has room for", async () => {
      const both = await replicas();
      const conditions = [conditionOf({ max: 3 }), conditionOf({ max: 7, channel: "email" })];
      const outcomes = await Promise.all(
        Array.from({ length: 1_000 }, (_, i) =>
          both[i % 2 === 0 ? 0 : 1].commit(commitOf(i, { decidedAtMs: NOW_MS + i }, { conditions })),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === "committed")).toHaveLength(3);
      for (const replica of both) expect(await offersOf(replica, user)).toHaveLength(3);
    });

    test("1,000 commits of one decision at once all succeed and count once", async () => {
      const both = await replicas();
      const commit = commitOf(1, {}, { conditions: [conditionOf()] }, { subject: cluster });
      const outcomes = await Promise.all(
        Array.from({ length: 1_000 }, (_, i) => both[i % 2 === 0 ? 0 : 1].commit(commit)),
      );
      expect(new Set(outcomes)).toEqual(new Set(["committed"]));
      expect(await offersOf(both[0], user)).toEqual([commit.offer]);
      expect(await offersOf(both[0], cluster)).toEqual([commit.offer]);
    });

    test("a rolling window lets the next offer pass exactly when it is over", async () => {
      const [history] = await replicas();
      const at = rule([capOf({ reason: "cooldown", window: { kind: "rolling", spanMs: 2 * DAY_MS } })]);
      expect(await history.commit(at(1, NOW_MS))).toBe("committed");
      expect(await history.commit(at(2, NOW_MS + 2 * DAY_MS - 1))).toBe("refused");
      expect(await history.commit(at(3, NOW_MS + 2 * DAY_MS))).toBe("committed");
    });

    test("a calendar window starts anew at the boundary of its time zone", async () => {
      const [history] = await replicas();
      const at = rule([capOf({ window: { kind: "calendar", every: "month", timeZone: "Europe/Berlin" } })]);
      const december = Date.UTC(2026, 10, 30, 23);
      expect(await history.commit(at(1, NOW_MS))).toBe("committed");
      expect(await history.commit(at(2, december - 1))).toBe("refused");
      expect(await history.commit(at(3, december))).toBe("committed");
      expect(await history.commit(at(4, december + 1))).toBe("refused");
    });

    test("undoing a decision gives its room back in every history, and to no other decision", async () => {
      const [history, other] = await replicas();
      const entries = [{ conditions: [conditionOf({ max: 2 })] }, { subject: cluster }];
      await history.commit(commitOf(1, {}, ...entries));
      await history.commit(commitOf(2, { decidedAtMs: NOW_MS + 1 }, ...entries));
      expect(await history.commit(commitOf(3, { decidedAtMs: NOW_MS + 2 }, ...entries))).toBe("refused");
      await other.undo(idOf(1), [user, cluster]);
      await other.undo(idOf(1), [user, cluster]);
      const second = offerOf({ decidedAtMs: NOW_MS + 1 });
      expect([await offersOf(history, user), await offersOf(history, cluster)]).toEqual([[second], [second]]);
      expect(await history.commit(commitOf(3, { decidedAtMs: NOW_MS + 2 }, ...entries))).toBe("committed");
    });

    test("undoing what was never committed changes nothing", async () => {
      const [history] = await replicas();
      await history.undo(idOf(1), [user, cluster]);
      await history.commit(commitOf(2));
      await history.undo(idOf(1), [user]);
      expect(await offersOf(history, user)).toHaveLength(1);
    });

    test("a decision that was undone may be committed again", async () => {
      const [history] = await replicas();
      await history.commit(commitOf(1));
      await history.undo(idOf(1), [user]);
      expect(await offersOf(history, user)).toEqual([]);
      expect(await history.commit(commitOf(1, {}, { conditions: [conditionOf()] }))).toBe("committed");
      expect(await offersOf(history, user)).toHaveLength(1);
    });

    test("a subject that is forgotten has no history, and the others keep theirs", async () => {
      const [history] = await replicas();
      await history.commit(commitOf(1, {}, { subject: user }, { subject: cluster }));
      await history.forget(user);
      await history.forget(user);
      expect([await offersOf(history, user), await offersOf(history, cluster)]).toEqual([[], [offerOf()]]);
    });

    test("a commit drops the offers that nobody asks for any more", async () => {
      const [history] = await replicas();
      await history.commit(commitOf(1, {}, { keepUntilMs: NOW_MS + HOUR_MS }));
      await history.commit(commitOf(2, { decidedAtMs: NOW_MS + HOUR_MS - 1 }));
      expect(await offersOf(history, user)).toHaveLength(2);
      await history.commit(commitOf(3, { decidedAtMs: NOW_MS + HOUR_MS }));
      expect((await offersOf(history, user)).map(({ decidedAtMs }) => decidedAtMs - NOW_MS)).toEqual([
        HOUR_MS - 1,
        HOUR_MS,
      ]);
    });

    test("of many offers of one kind the newest are kept, whatever the order they came in", async () => {
      const [history] = await replicas();
      const order = Array.from({ length: ALIKE_MAX + 20 }, (_, i) => (i * 7) % (ALIKE_MAX + 20));
      await history.commit(commitOf(1_000, { channel: "push", decidedAtMs: NOW_MS - HOUR_MS }));
      for (const n of order) await history.commit(commitOf(n, { decidedAtMs: NOW_MS + n }));
      const kept = (await offersOf(history, user)).map(({ decidedAtMs }) => decidedAtMs - NOW_MS);
      expect(kept).toHaveLength(ALIKE_MAX + 1);
      // By hand: the last to be kept in a moving selection of the newest; the push is of another kind.
      let model: number[] = [];
      for (const n of order) {
        if (model.length === ALIKE_MAX) model = model.filter((ms) => ms !== Math.min(...model));
        model.push(n);
      }
      expect(kept).toEqual([-HOUR_MS, ...model]);
    });

    test("the largest cap holds after more offers than a history keeps, even when some of those kept are undone", async () => {
      const [history] = await replicas();
      const commits = Array.from({ length: ALIKE_MAX + 50 }, (_, n) => commitOf(n, { decidedAtMs: NOW_MS + n }));
      for (const commit of commits) await history.commit(commit);
      for (const { decisionId } of commits.slice(CAP_MAX - ALIKE_MAX)) await history.undo(decisionId, [user]);
      const conditions = [conditionOf({ max: CAP_MAX })];
      expect(await history.commit(commitOf(1_000, { decidedAtMs: NOW_MS + 1_000 }, { conditions }))).toBe("refused");
    });

    test("a history that is full takes no further kind of offer until some are not needed any more", async () => {
      const [history] = await replicas();
      const kindOf = (n: number) => ({ action: `voucher_${n % 8}`, decidedAtMs: NOW_MS + n });
      for (let n = 0; n < OFFERS_MAX; n++) expect(await history.commit(commitOf(n, kindOf(n)))).toBe("committed");
      expect(await history.commit(commitOf(OFFERS_MAX, kindOf(OFFERS_MAX)))).toBe("refused");
      expect(await offersOf(history, user)).toHaveLength(OFFERS_MAX);
      const later = { decidedAtMs: NOW_MS + 30 * DAY_MS };
      expect(await history.commit(commitOf(OFFERS_MAX + 1, later))).toBe("committed");
      expect(await offersOf(history, user)).toHaveLength(OFFERS_MAX);
    });
  });
}

export async function offersOf(history: OfferHistory, subject: Subject): Promise<readonly Offer[]> {
  const [read] = await history.read([subject]);
  if (read?.kind !== "found") throw new Error(`expected a history, got ${read?.kind}`);
  return read.offers.map(({ program, action, channel, decidedAtMs, expiresAtMs }) => ({
    program,
    action,
    channel,
    decidedAtMs,
    expiresAtMs,
  }));
}

function rule(caps: Parameters<typeof cappedCommit>[2]["caps"]) {
  const calendar = new TemporalCalendar();
  return (n: number, decidedAtMs: number) =>
    cappedCommit(n, offerOf({ decidedAtMs }), { caps, calendar, subjects: [user] });
}
