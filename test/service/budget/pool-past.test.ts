/** A pool over the boundaries of its periods, in time that passes by hand. */
import { expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import type { BoardDocument, LeaseBook, PacingBoard } from "../../../src/core/budget-ports.ts";
import type { AccountId } from "../../../src/core/domain/budget.ts";
import type { PeriodRule } from "../../../src/core/domain/period.ts";
import type { PoolDeclaration } from "../../../src/service/budget/pool-accounts.ts";
import { Pool } from "../../../src/service/budget/pool.ts";
import { Reaper } from "../../../src/service/budget/reaper.ts";
import { openAccount, reservationOf, syncOf, termsOf } from "../../contracts/ledger.ts";
import { programWith } from "../../support/programs.ts";
import { Disk, FlakyLedger, ManualTimer, settled } from "../../support/lease-fixtures.ts";

const START_MS = Date.UTC(2026, 10, 25, 12, 30);
const HOUR_MS = 3_600_000;
const HOURS: PeriodRule = { kind: "calendar", every: "hour", timeZone: "UTC" };
const REAP_MS = 5_000;
const ENDED = { replica: "a", life: 1 };

/** A board of one replica: nothing is ever published twice. */
const BOARD: PacingBoard = {
  add: async (_, sums) => sums,
  publish: async (_: AccountId, document: BoardDocument) => document,
  read: async () => null,
  close: async () => undefined,
};

interface World {
  readonly ledger: FlakyLedger;
  readonly timer: ManualTimer;
  readonly pool: Pool;
}

/** Life 2 of replica a, whose first life opened leases on `past` and logged `logged`. */
async function poolOf(
  rule: PeriodRule,
  { past, disk = new Disk(), ledger = new FlakyLedger(), epochMs = 5_000 }: Past,
): Promise<World> {
  const timer = new ManualTimer();
  const nowMs = (): number => START_MS + timer.now();
  const book: LeaseBook = {
    holder: { replica: "a", life: 2 },
    accounts: () => past,
    lives: (account) => (past.includes(account) ? [ENDED] : []),
    remember: async () => undefined,
  };
  const nothing = (): void => undefined;
  const shared = { ledger, timer, clock: nowMs };
  const reaper = new Reaper({ ...shared, intervalMs: REAP_MS, expired: nothing, failed: nothing });
  const observer = { exchanged: nothing, failed: nothing };
  const parts = {
    ...shared,
    book,
    history: disk,
    observer,
    board: BOARD,
    // No volume is limited here.
    allocator: { prices: async () => [] },
    calendar: new TemporalCalendar(),
    reaper,
    nowMs,
  };
  const pool = new Pool({ ...parts, turned: nothing, failed: nothing }, declared(rule, epochMs));
  reaper.start();
  pool.start();
  await settled();
  return { ledger, timer, pool };
}

interface Past {
  readonly past: readonly AccountId[];
  readonly disk?: Disk;
  readonly ledger?: FlakyLedger;
  readonly epochMs?: number;
}

function declared(period: PeriodRule, epochMs: number): PoolDeclaration {
  const terms = { amountMicros: 1_000, period, epochMs, settleWithinMs: 1_000, volumes: {} };
  return {
    pool: "p",
    revision: 1,
    terms,
    reserve: "max",
    largestOfferMicros: 10,
    offerTtlMsMax: HOUR_MS,
    programs: [programWith()],
    explorations: [],
  };
}

test("a replica that starts between two periods tells and gives back what its earlier life held in the last one", async () => {
  const rule = { kind: "fixed", fromMs: START_MS - 2 * HOUR_MS, untilMs: START_MS - HOUR_MS } as const;
  const account = { budget: "p", period: "2026-11-25T10:30:00Z/2026-11-25T11:30:00Z" };
  const ledger = new FlakyLedger();
  const disk = new Disk();
  await openAccount(ledger, termsOf(1_000), account);
  await ledger.sync(syncOf(ENDED, { account, terms: termsOf(1_000), want: 100 }));
  disk.log.push({ life: 1, reservation: reservationOf("d1", 10, { expiresAtMs: START_MS + HOUR_MS }) });
  ledger.state = "down";
  const { pool, timer } = await poolOf(rule, { past: [account], disk, ledger });
  expect(pool.current()).toBe(null);
  ledger.state = "up";
  await timer.pass(10_000);
  expect(await ledger.view(account)).toMatchObject({ leased: 0, pending: 10, available: 990, holders: [] });
});

test("what is pending in any period this replica took part in expires, also in one that ended long before it started", async () => {
  const account = { budget: "p", period: "2026-11-25T07+00:00@UTC" };
  const ledger = new FlakyLedger();
  await openAccount(ledger, termsOf(1_000), account);
  await ledger.sync(syncOf(ENDED, { account, terms: termsOf(1_000), want: 100 }));
  const open = reservationOf("d1", 10, { fixed: 2, expiresAtMs: START_MS + 60_000 });
  await ledger.sync(syncOf(ENDED, { account, terms: termsOf(1_000), turn: 2, reservations: [open] }));
  const { timer } = await poolOf(HOURS, { past: [account], ledger });
  expect(await ledger.view(account)).toMatchObject({ leased: 0, pending: 10 });
  await timer.pass(60_000 + REAP_MS + 1_000);
  expect(await ledger.view(account)).toMatchObject({ pending: 0, settled: 2, available: 998 });
});

test.each([1_000, 5_000, 7_000, 60_000, HOUR_MS])(
  "with epochs of %i ms the next period is open ten seconds before it begins",
  async (epochMs) => {
    const { ledger, timer, pool } = await poolOf(HOURS, { past: [], epochMs });
    const before = pool.current()?.account;
    await timer.pass(HOUR_MS / 2 - 10_000);
    const holders = ledger.syncs;
    const next = new TemporalCalendar().periodAt(HOURS, START_MS + HOUR_MS / 2);
    expect(pool.current()?.account).toEqual(before);
    expect([holders > 0, await ledger.view({ budget: "p", period: next?.id ?? "" })]).toMatchObject([
      true,
      { holders: [{ replica: "a", life: 2 }] },
    ]);
    await timer.pass(10_000);
    expect(pool.current()?.money.available()).toBe(10);
  },
);
