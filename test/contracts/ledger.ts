/** What every ledger must do, run against each adapter. Expected figures are worked out by hand. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { AccountId, BudgetTerms, LeaseHolder, Reservation } from "../../src/core/domain/budget.ts";
import type { Ledger, LeaseAnswer, LeaseDeclaration, LeaseSync } from "../../src/core/budget-ports.ts";

const TTL_MS = 1_000;
const GRACE_MS = 10;
const A: LeaseHolder = { replica: "a", life: 1 };
const B: LeaseHolder = { replica: "b", life: 1 };

export const ACCOUNT: AccountId = { budget: "summer", period: "2026-11" };

export function termsOf(amount: number, change: Partial<BudgetTerms> = {}): BudgetTerms {
  return { revision: 1, amount, reserve: "max", graceMs: GRACE_MS, leaseTtlMs: TTL_MS, ...change };
}

export function syncOf(holder: LeaseHolder, change: Partial<LeaseSync> = {}): LeaseSync {
  return {
    account: ACCOUNT,
    terms: termsOf(100),
    holder,
    seenOperations: 0,
    spent: 0,
    reservations: [],
    turn: 1,
    want: 0,
    giveBack: 0,
    recovery: null,
    ...change,
  };
}

export function declarationOf(holder: LeaseHolder, change: Partial<LeaseDeclaration> = {}): LeaseDeclaration {
  const { account, terms, seenOperations, spent, reservations } = syncOf(holder);
  const report = { account, terms, holder, seenOperations, spent, reservations };
  return { ...report, held: null, known: [], end: "whole", ...change };
}

export function reservationOf(id: string, amount: number, change: Partial<Reservation> = {}): Reservation {
  return { id, amount, fixed: 0, expiresAtMs: 5_000, ...change };
}

/** The account of a new ledger as it is once a first caller has waited, as one must where a store may forget. */
export async function openAccount(ledger: Ledger, terms = termsOf(100), account = ACCOUNT): Promise<void> {
  const opener: LeaseHolder = { replica: "opener", life: 1 };
  const { kind, view } = await ledger.sync(syncOf(opener, { account, terms }));
  if (kind === "recovering") {
    const recovery = { token: view.recovery ?? "", waitedMs: TTL_MS, nowMs: 0 };
    expect(await ledger.sync(syncOf(opener, { account, terms, recovery }))).toMatchObject({ kind: "synced" });
  }
  await ledger.declare(declarationOf(opener, { account, terms, end: "closed" }));
}

export function describeLedger(name: string, create: () => Promise<Ledger>): void {
  async function newLedger(terms?: BudgetTerms): Promise<Ledger> {
    const ledger = await create();
    onTestFinished(() => ledger.close());
    await openAccount(ledger, terms);
    return ledger;
  }

  describe(`leases of the ${name} ledger`, () => {
    test("a lease is granted what is wanted, and what there is", async () => {
      const ledger = await newLedger();
      expect(await ledger.sync(syncOf(A, { want: 70 }))).toMatchObject({ kind: "synced", granted: 70 });
      expect(await ledger.sync(syncOf(B, { want: 70 }))).toMatchObject({ kind: "synced", granted: 30 });
      expect(await ledger.view(ACCOUNT)).toMatchObject({
        amount: 100,
        available: 0,
        leased: 100,
        pending: 0,
        settled: 0,
      });
    });

    test("a turn asked again changes nothing and has the same answer", async () => {
      const ledger = await newLedger();
      const turn = syncOf(A, { want: 40 });
      const first = await ledger.sync(turn);
      expect(await ledger.sync(turn)).toEqual(first);
      const second = syncOf(A, { turn: 2, want: 10, giveBack: 15, reservations: [reservationOf("d1", 20)] });
      expect(await ledger.sync(second)).toMatchObject({
        granted: 50,
        view: { leased: 15, pending: 20, available: 65 },
      });
      expect(await ledger.sync(second)).toMatchObject({
        granted: 50,
        view: { leased: 15, pending: 20, available: 65 },
      });
    });

    test("a reservation reported twice is held once", async () => {
      const ledger = await newLedger();
      const d1 = reservationOf("d1", 20);
      await ledger.sync(syncOf(A, { want: 50 }));
      await ledger.sync(syncOf(A, { turn: 2, reservations: [d1, d1] }));
      const { view } = await ledger.sync(syncOf(A, { turn: 3, reservations: [d1] }));
      expect(view).toMatchObject({ leased: 30, pending: 20, available: 50 });
    });

    test("counts are settled as they are spent", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 10 }));
      const { view } = await ledger.sync(syncOf(A, { turn: 2, spent: 7 }));
      expect(view).toMatchObject({ leased: 3, settled: 7, available: 90 });
      expect((await ledger.sync(syncOf(A, { turn: 3, spent: 9 }))).view).toMatchObject({ leased: 1, settled: 9 });
    });

    test("an earlier life is fenced once a later one has a lease, and a closed lease for ever", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 10 }));
      await ledger.sync(syncOf({ replica: "a", life: 2 }, { want: 10 }));
      expect(await ledger.sync(syncOf(A, { turn: 2, want: 10 }))).toMatchObject({
        kind: "fenced",
        view: { leased: 20 },
      });
      await ledger.declare(declarationOf(A, { end: "closed" }));
      expect(await ledger.sync(syncOf(A, { turn: 2, want: 10 }))).toMatchObject({
        kind: "fenced",
        view: { leased: 10 },
      });
      expect(await ledger.sync(syncOf(A, { want: 10 }))).toMatchObject({ kind: "fenced", view: { leased: 10 } });
    });

    test("a life that ended is closed from its log: what was spent is held, the rest returns", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 60 }));
      await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 10)] }));
      const log = [reservationOf("d1", 10), reservationOf("d2", 15)];
      await ledger.declare(declarationOf(A, { reservations: log, end: "more" }));
      const view = await ledger.declare(declarationOf(A, { reservations: [reservationOf("d3", 5)], end: "closed" }));
      expect(view).toMatchObject({ leased: 0, pending: 30, available: 70, holders: [], forgotten: 0 });
      expect(await ledger.declare(declarationOf(A, { reservations: log, end: "closed" }))).toMatchObject({
        leased: 0,
        pending: 30,
        available: 70,
        holders: [],
      });
    });

    test("a lease written off returns, and what turns up of it later is taken from what is left", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 60 }));
      expect(await ledger.writeOff(ACCOUNT, A)).toBe(60);
      expect(await ledger.writeOff(ACCOUNT, A)).toBe(0);
      await ledger.sync(syncOf(B, { want: 90 }));
      const late = declarationOf(A, { reservations: [reservationOf("d1", 25)], end: "closed" });
      expect(await ledger.declare(late)).toMatchObject({ leased: 90, pending: 25, available: -15, forgotten: 25 });
      expect(await ledger.sync(syncOf(B, { turn: 2, want: 10 }))).toMatchObject({ kind: "synced", granted: 90 });
    });

    test("a higher revision tops up or reduces; what is used stays used and nothing is granted below it", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 80 }));
      const raised = syncOf(A, { turn: 2, want: 50, terms: termsOf(120, { revision: 2 }) });
      expect(await ledger.sync(raised)).toMatchObject({ granted: 120, view: { amount: 120, available: 0 } });
      const old = syncOf(A, { turn: 3, giveBack: 10, want: 0 });
      expect(await ledger.sync(old)).toMatchObject({ view: { amount: 120, revision: 2, available: 10 } });
      const reduced = syncOf(A, { turn: 4, want: 5, terms: termsOf(90, { revision: 3 }) });
      expect(await ledger.sync(reduced)).toMatchObject({
        granted: 120,
        view: { amount: 90, leased: 110, available: -20 },
      });
    });

    test("amounts are exact up to the largest safe integer", async () => {
      const amount = Number.MAX_SAFE_INTEGER;
      const terms = termsOf(amount);
      const ledger = await newLedger(terms);
      await ledger.sync(syncOf(A, { terms, want: amount - 1 }));
      const { view } = await ledger.sync(
        syncOf(A, { terms, turn: 2, reservations: [reservationOf("d1", amount - 2)] }),
      );
      expect(view).toMatchObject({ available: 1, leased: 1, pending: amount - 2 });
      await ledger.settle(ACCOUNT, [{ kind: "settle", eventId: "e1", reservationId: "d1", amount: amount - 4 }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ available: 3, leased: 1, pending: 0, settled: amount - 4 });
    });

    test("budgets and periods are accounts of their own", async () => {
      const ledger = await newLedger();
      const other: AccountId = { ...ACCOUNT, period: "2026-12" };
      await openAccount(ledger, termsOf(7), other);
      expect(await ledger.sync(syncOf(A, { account: other, terms: termsOf(7), want: 70 }))).toMatchObject({
        granted: 7,
      });
      expect(await ledger.view(ACCOUNT)).toMatchObject({ amount: 100, available: 100 });
      expect(await ledger.view({ budget: "winter", period: "2026-11" })).toBeNull();
    });

    test("a malformed call is refused and changes nothing", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 50 }));
      const before = await ledger.view(ACCOUNT);
      const calls = [
        ledger.sync(syncOf(A, { turn: 2, want: 0.5 })),
        ledger.sync(syncOf(A, { turn: 2, giveBack: -1 })),
        ledger.sync(syncOf(A, { turn: 0 })),
        ledger.sync(syncOf({ replica: "a b", life: 1 })),
        ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5, { fixed: 6 })] })),
        ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d 1", 5)] })),
        ledger.declare(declarationOf(A, { held: { turn: 1, granted: 5, returned: 6 } })),
        ledger.settle(ACCOUNT, [{ kind: "settle", eventId: "e", reservationId: "d1", amount: 2 ** 53 }]),
        ledger.settle({ budget: "a{b}", period: "p" }, []),
        ledger.reap(ACCOUNT, { nowMs: Number.NaN, limit: 1 }),
        ledger.writeOff(ACCOUNT, { replica: "a", life: 0 }),
      ];
      for (const call of calls) await expect(call).rejects.toThrow("invariant broken");
      expect(await ledger.view(ACCOUNT)).toEqual(before);
    });
  });

  describeReservations(name, newLedger);
  describeRecovery(name, newLedger);
}

function describeReservations(name: string, newLedger: (terms?: BudgetTerms) => Promise<Ledger>): void {
  /** A lease of 60 with d1 of 20 (3 fixed) held; 40 are free. */
  async function withHeld(terms?: BudgetTerms): Promise<Ledger> {
    const ledger = await newLedger(terms);
    await ledger.sync(syncOf(A, { want: 60 }));
    await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 20, { fixed: 3 })] }));
    return ledger;
  }
  const settle = (ledger: Ledger, eventId: string, amount: number, reservationId = "d1") =>
    ledger.settle(ACCOUNT, [{ kind: "settle", eventId, reservationId, amount }]);
  const cancel = (ledger: Ledger, eventId: string) =>
    ledger.settle(ACCOUNT, [{ kind: "void", eventId, reservationId: "d1" }]);

  describe(`reservations of the ${name} ledger`, () => {
    test("settling keeps what is owed and returns the rest", async () => {
      const ledger = await withHeld();
      expect(await settle(ledger, "e1", 12)).toEqual([{ kind: "settled" }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({
        available: 48,
        leased: 40,
        pending: 0,
        settled: 12,
        overrun: 0,
      });
    });

    test("a void returns all of it, the fixed part too", async () => {
      const ledger = await withHeld();
      expect(await cancel(ledger, "e1")).toEqual([{ kind: "voided" }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ available: 60, leased: 40, pending: 0, settled: 0 });
    });

    test("expiry keeps the fixed part, not before the grace is over", async () => {
      const ledger = await withHeld();
      expect(await ledger.reap(ACCOUNT, { nowMs: 5_009, limit: 10 })).toBe(0);
      expect(await ledger.reap(ACCOUNT, { nowMs: 5_010, limit: 10 })).toBe(1);
      expect(await ledger.reap(ACCOUNT, { nowMs: 9_999, limit: 10 })).toBe(0);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ available: 57, leased: 40, pending: 0, settled: 3 });
    });

    test("what falls due first expires first, so many at a time", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 60 }));
      const late = [4, 2, 3, 1].map((nth) => reservationOf(`d${nth}`, nth, { expiresAtMs: 1_000 * nth }));
      await ledger.sync(syncOf(A, { turn: 2, reservations: late }));
      expect(await ledger.reap(ACCOUNT, { nowMs: 9_999, limit: 2 })).toBe(2);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 7, available: 43 });
      expect(await ledger.reap(ACCOUNT, { nowMs: 3_500, limit: 2 })).toBe(1);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 4, available: 46 });
    });

    test("an event counts once; other money for an ended reservation is overrun; a late void is a conflict", async () => {
      const ledger = await withHeld();
      await settle(ledger, "e1", 12);
      expect(await settle(ledger, "e1", 12)).toEqual([{ kind: "duplicate" }]);
      expect(await cancel(ledger, "e2")).toEqual([{ kind: "conflict" }]);
      expect(await settle(ledger, "e3", 5)).toEqual([{ kind: "overrun", excess: 5 }]);
      expect(await settle(ledger, "e3", 5)).toEqual([{ kind: "duplicate" }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ available: 48, settled: 12, overrun: 5 });
    });

    test("money after the expiry, but for the fixed part that was settled then, or after a void, is overrun", async () => {
      const ledger = await withHeld();
      await ledger.reap(ACCOUNT, { nowMs: 6_000, limit: 1 });
      expect(await settle(ledger, "e1", 7)).toEqual([{ kind: "overrun", excess: 4 }]);
      expect(await settle(ledger, "e4", 1)).toEqual([{ kind: "overrun", excess: 1 }]);
      await ledger.sync(syncOf(A, { turn: 3, reservations: [reservationOf("d2", 10)] }));
      await ledger.settle(ACCOUNT, [{ kind: "void", eventId: "e2", reservationId: "d2" }]);
      expect(await settle(ledger, "e3", 2, "d2")).toEqual([{ kind: "overrun", excess: 2 }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 0, settled: 3, overrun: 7, available: 67 });
    });

    test("after the expiry the fixed part counts once, whichever amount comes first", async () => {
      const ledger = await withHeld();
      await ledger.reap(ACCOUNT, { nowMs: 6_000, limit: 1 });
      // 3 + 4 and 1, told the other way round: 8 are owed.
      expect(await settle(ledger, "e2", 1)).toEqual([{ kind: "settled" }]);
      expect(await settle(ledger, "e1", 7)).toEqual([{ kind: "overrun", excess: 5 }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 0, settled: 3, overrun: 5 });
    });

    test("a reservation of the most that can be owed: what is above it is overrun", async () => {
      const ledger = await withHeld();
      expect(await settle(ledger, "e1", 26)).toEqual([{ kind: "overrun", excess: 6 }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ settled: 20, overrun: 6, available: 40 });
    });

    test("a reservation of what is expected: what is above it is drawn as far as there is", async () => {
      const terms = termsOf(100, { reserve: "expected" });
      const ledger = await withHeld(terms);
      expect(await settle(ledger, "e1", 26)).toEqual([{ kind: "settled" }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ settled: 26, overrun: 0, available: 34 });
      await ledger.sync(syncOf(A, { turn: 3, terms, reservations: [reservationOf("d2", 10)] }));
      expect(await settle(ledger, "e2", 50, "d2")).toEqual([{ kind: "overrun", excess: 6 }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ settled: 70, overrun: 6, available: 0, leased: 30 });
    });

    test("grants leave as much untouched as is in the overrun", async () => {
      const ledger = await withHeld();
      await settle(ledger, "e1", 35);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ available: 40, overrun: 15 });
      expect(await ledger.sync(syncOf(B, { want: 40 }))).toMatchObject({ granted: 25 });
    });

    test("an outcome that came before its reservation is applied when that arrives", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 60 }));
      expect(await settle(ledger, "e1", 12)).toEqual([{ kind: "early" }]);
      expect(await settle(ledger, "e1", 12)).toEqual([{ kind: "duplicate" }]);
      expect(await cancel(ledger, "e2")).toEqual([{ kind: "conflict" }]);
      expect(await settle(ledger, "e3", 4)).toEqual([{ kind: "overrun", excess: 4 }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ leased: 60, pending: 0, settled: 0 });
      await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 20)] }));
      expect(await ledger.view(ACCOUNT)).toMatchObject({
        leased: 40,
        pending: 0,
        settled: 12,
        overrun: 4,
        available: 48,
      });
      expect(await ledger.reap(ACCOUNT, { nowMs: 9_999, limit: 10 })).toBe(0);
    });

    test("an outcome for an account that was never opened is told to come back", async () => {
      const ledger = await newLedger();
      const nowhere = { budget: "winter", period: "p" };
      const outcome = { kind: "settle", eventId: "e1", reservationId: "d1", amount: 1 } as const;
      expect(await ledger.settle(nowhere, [outcome])).toEqual([{ kind: "unknown_account" }]);
      expect(await ledger.reap(nowhere, { nowMs: 1, limit: 1 })).toBe(0);
      expect(await ledger.writeOff(nowhere, A)).toBe(0);
      expect(await ledger.view(nowhere)).toBeNull();
    });
  });
}

function describeRecovery(name: string, newLedger: (terms?: BudgetTerms) => Promise<Ledger>): void {
  const recovered = (answer: LeaseAnswer, waitedMs: number) => ({
    recovery: { token: answer.view.recovery ?? "", waitedMs, nowMs: 0 },
  });

  describe(`what the ${name} ledger does when it may have forgotten`, () => {
    test.for([
      ["a turn that does not follow", { turn: 3 }],
      ["more operations seen than there were", { turn: 2, seenOperations: 1_000 }],
      ["more reported than was granted", { turn: 2, reservations: [reservationOf("d1", 31)] }],
      ["more given back than was granted", { turn: 2, giveBack: 31 }],
      ["more counted than was granted", { turn: 2, spent: 31 }],
    ] as const)("%s: nothing is done and nobody is granted anything", async ([, sign]) => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 30 }));
      await ledger.sync(syncOf(B, { want: 30 }));
      const answer = await ledger.sync(syncOf(A, { want: 5, ...sign }));
      expect(answer).toMatchObject({ kind: "recovering", granted: 30, view: { leased: 60, pending: 0 } });
      expect(answer.view.awaited).toHaveLength(2);
      expect(await ledger.sync(syncOf(B, { turn: 2, want: 5 }))).toMatchObject({ kind: "recovering" });
      expect(await ledger.sync(syncOf({ replica: "c", life: 1 }, { want: 5 }))).toMatchObject({ kind: "recovering" });
    });

    test("it grants again once everybody spoke and one lease time has passed for one who knows", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 30 }));
      await ledger.sync(syncOf(B, { want: 30 }));
      // B knows of a second turn, with 20 more, and of two decisions that the ledger never heard of.
      const asked = syncOf(B, { turn: 3, want: 5 });
      const first = await ledger.sync(asked);
      const log = [reservationOf("d1", 4), reservationOf("d2", 6)];
      const held = { turn: 2, granted: 50, returned: 2 };
      await ledger.declare(declarationOf(B, { held, reservations: log.slice(0, 1), end: "more" }));
      expect(await ledger.sync({ ...asked, ...recovered(first, TTL_MS) })).toMatchObject({ kind: "recovering" });
      await ledger.declare(declarationOf(B, { held, reservations: log.slice(1) }));
      expect(await ledger.sync({ ...asked, ...recovered(first, TTL_MS) })).toMatchObject({
        kind: "recovering",
        view: { awaited: [A], leased: 68, pending: 10, available: 22, forgotten: 0 },
      });
      await ledger.declare(declarationOf(A, { held: { turn: 1, granted: 30, returned: 0 } }));
      expect(await ledger.sync({ ...asked, ...recovered(first, TTL_MS - 1) })).toMatchObject({ kind: "recovering" });
      const other = { recovery: { token: "another", waitedMs: TTL_MS, nowMs: 0 } };
      expect(await ledger.sync({ ...asked, ...other })).toMatchObject({ kind: "recovering" });
      expect(await ledger.sync({ ...asked, ...recovered(first, TTL_MS) })).toMatchObject({
        kind: "synced",
        granted: 55,
        view: { recovery: null, leased: 73, pending: 10, available: 17 },
      });
    });

    test("a holder that only another replica remembers is awaited, until it is closed or written off", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 30 }));
      const asked = syncOf(A, { turn: 3 });
      const first = await ledger.sync(asked);
      const [C, D] = [
        { replica: "c", life: 4 },
        { replica: "d", life: 1 },
      ];
      await ledger.declare(declarationOf(A, { held: { turn: 2, granted: 30, returned: 0 }, known: [A, C, D] }));
      const { view } = await ledger.sync({ ...asked, ...recovered(first, TTL_MS) });
      expect(view.awaited).toHaveLength(2);
      expect(view.awaited).toEqual(expect.arrayContaining([C, D]));
      await ledger.declare(declarationOf(C, { reservations: [reservationOf("d9", 11)], end: "closed" }));
      expect(await ledger.writeOff(ACCOUNT, D)).toBe(0);
      expect(await ledger.sync({ ...asked, ...recovered(first, TTL_MS) })).toMatchObject({
        kind: "synced",
        view: { leased: 30, pending: 11, available: 59, forgotten: 11 },
      });
    });

    test("nothing expires before it knows again what it forgot", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 30 }));
      await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5)] }));
      await ledger.sync(syncOf(A, { turn: 9 }));
      expect(await ledger.reap(ACCOUNT, { nowMs: 9_999, limit: 10 })).toBe(0);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 5 });
    });

    test("what fell due expires before anything is granted again, a backlog over several turns", async () => {
      const terms = termsOf(2_000);
      const ledger = await newLedger(terms);
      const late = Array.from({ length: 1_500 }, (_, i) => reservationOf(`d${i}`, 1, { expiresAtMs: 5 }));
      const open = reservationOf("open", 100, { expiresAtMs: 9_000 });
      await ledger.sync(syncOf(A, { terms, want: 1_700 }));
      await ledger.sync(syncOf(A, { terms, turn: 2, reservations: [...late, open] }));
      const asked = syncOf(A, { terms, turn: 4, want: 400 });
      const { view } = await ledger.sync(asked);
      await ledger.declare(declarationOf(A, { terms, held: { turn: 3, granted: 1_700, returned: 0 } }));
      const recovery = { token: view.recovery ?? "", waitedMs: TTL_MS, nowMs: 5 + GRACE_MS };
      expect(await ledger.sync({ ...asked, recovery })).toMatchObject({ kind: "recovering", view: { pending: 600 } });
      expect(await ledger.sync({ ...asked, recovery })).toMatchObject({
        kind: "synced",
        granted: 2_100,
        view: { pending: 100, leased: 500, available: 1_400 },
      });
    });

    test("outcomes are taken meanwhile", async () => {
      const ledger = await newLedger();
      await ledger.sync(syncOf(A, { want: 30 }));
      await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5)] }));
      await ledger.sync(syncOf(A, { turn: 9 }));
      const outcome = { kind: "settle", eventId: "e1", reservationId: "d1", amount: 3 } as const;
      expect(await ledger.settle(ACCOUNT, [outcome])).toEqual([{ kind: "settled" }]);
      expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 0, settled: 3, leased: 25 });
    });
  });
}
