import { expect, test } from "vitest";
import { BudgetHolder } from "../../../src/service/budget/budget-holder.ts";
import { BudgetLease } from "../../../src/service/budget/budget-lease.ts";
import { ACCOUNT, openAccount, reservationOf, termsOf } from "../../contracts/ledger.ts";
import { Disk, FlakyLedger, ManualTimer, settled } from "../../support/lease-fixtures.ts";

const TTL_MS = 3_000;
/** Half a percent is 500. */
const TERMS = termsOf(100_000, { leaseTtlMs: TTL_MS });

interface Running {
  readonly ledger: FlakyLedger;
  readonly timer: ManualTimer;
  readonly holder: BudgetHolder;
  readonly failures: unknown[];
}

async function running(terms = TERMS): Promise<Running> {
  const ledger = new FlakyLedger();
  // The account is there, opened by a replica whose terms let it wait no longer than this.
  await openAccount(ledger, { ...terms, leaseTtlMs: 1_000, revision: 0 });
  const timer = new ManualTimer();
  const disk = new Disk();
  const now = () => timer.now();
  const failures: unknown[] = [];
  const parts = { ledger, book: disk.nextLife(), history: disk, now, clock: now };
  const lease = new BudgetLease({ ...parts, account: ACCOUNT, terms, kind: "reserved", largestOffer: () => 20 });
  const observer = { exchanged: () => undefined, failed: (_: BudgetLease, cause: unknown) => failures.push(cause) };
  const holder = new BudgetHolder(lease, timer, observer);
  holder.start();
  await timer.pass(0);
  return { ledger, timer, holder, failures };
}

function spend(holder: BudgetHolder, id: string, amount: number): void {
  holder.debit(amount);
  holder.logged(reservationOf(id, amount));
}

test("a lease is renewed thrice in a lease time and told what was spent within a second", async () => {
  const { ledger, timer, holder } = await running();
  expect(holder.available()).toBe(500);
  expect(ledger.syncs).toBe(2 + 1);
  spend(holder, "d1", 20);
  await timer.pass(1_000);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 20 });
  await timer.pass(9_000);
  expect(holder.available()).toBe(480);
  expect(ledger.syncs).toBeLessThanOrEqual(2 + 1 + 1 + 10);
});

test("a lease is topped up before it is dry, at few turns for many decisions", async () => {
  const { ledger, timer, holder } = await running();
  let paid = 0;
  for (let i = 0; i < 2_000; i++) {
    expect(holder.available()).toBeGreaterThanOrEqual(20);
    spend(holder, `d${i}`, 20);
    paid += 20;
    await timer.pass(15);
  }
  await timer.pass(1_000);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: paid });
  // 375 of 500 are spent, 19 decisions, before it is topped up: a turn each 19 decisions at most.
  expect(ledger.syncs / 2_000).toBeLessThanOrEqual(1 / 18);
});

test("a ledger that is down is asked ever more rarely, and the lease ends in time; both come back by themselves", async () => {
  const { ledger, timer, holder, failures } = await running();
  ledger.state = "down";
  const before = ledger.syncs;
  spend(holder, "d1", 20);
  await timer.pass(TTL_MS - 1);
  expect(holder.available()).toBe(480);
  await timer.pass(1);
  expect(holder.available()).toBe(0);
  await timer.pass(60_000);
  expect(failures.length).toBe(ledger.syncs - before);
  expect(ledger.syncs - before).toBeLessThan(140);
  ledger.state = "up";
  await timer.pass(2_000);
  expect(holder.available()).toBe(480);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 20, leased: 480 });
});

test("an idle lease keeps its money while there is plenty and gives it back when there is not", async () => {
  const { ledger, timer, holder } = await running();
  await timer.pass(20_000);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ leased: 500 });
  holder.change({ ...TERMS, revision: 2, amount: 900 });
  await timer.pass(20_000);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ amount: 900, leased: 20, available: 880 });
  holder.change({ ...TERMS, revision: 3, amount: 30 });
  await timer.pass(20_000);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ amount: 30, leased: 0, available: 30 });
  expect(holder.available()).toBe(0);
  // The first decision finds nothing and asks; the next ones find money.
  holder.missed();
  await timer.pass(500);
  expect(holder.available()).toBe(20);
});

test("closing reports and returns everything and takes no turn after", async () => {
  const { ledger, timer, holder } = await running();
  spend(holder, "d1", 20);
  expect(await holder.close()).toBe(true);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 20, leased: 0, holders: [] });
  const { syncs } = ledger;
  await timer.pass(60_000);
  expect(ledger.syncs).toBe(syncs);
  expect(timer.waiting).toBe(0);
});

test("a lease at rest returns everything, tells what is logged late, and pays again under new terms", async () => {
  const { ledger, timer, holder } = await running();
  holder.debit(20);
  holder.debit(30);
  holder.rest();
  await timer.pass(0);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ leased: 50, pending: 0 });
  holder.logged(reservationOf("d1", 20));
  holder.credit(30);
  await timer.pass(1_000);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ leased: 0, pending: 20, available: 99_980 });
  const { syncs } = ledger;
  holder.missed();
  await timer.pass(60_000);
  expect(ledger.syncs - syncs).toBeLessThanOrEqual(60);
  expect([holder.available(), (await ledger.view(ACCOUNT))?.leased]).toEqual([0, 0]);
  holder.change({ ...TERMS, revision: 2 });
  await timer.pass(0);
  expect(holder.available()).toBe(500);
});

test("closing without a ledger is told and leaves the lease to the next life", async () => {
  const { ledger, holder, failures } = await running();
  spend(holder, "d1", 20);
  ledger.state = "down";
  expect(await holder.close()).toBe(false);
  expect(failures).toHaveLength(1);
  ledger.state = "up";
  await settled();
  expect(await ledger.view(ACCOUNT)).toMatchObject({ leased: 500 });
});

test("through a recovery the holder stops, declares and goes on by itself", async () => {
  const { ledger, timer, holder, failures } = await running();
  spend(holder, "d1", 20);
  await ledger.restart();
  await timer.pass(1_000);
  expect(holder.lease.isRecovering).toBe(true);
  expect(holder.available()).toBe(0);
  await timer.pass(TTL_MS + 1_000);
  expect(holder.lease.isRecovering).toBe(false);
  expect(holder.available()).toBe(480);
  expect(failures).toEqual([]);
});

test("in a recovery the ledger is not pressed, however much is to be told", async () => {
  const { ledger, timer, holder } = await running();
  for (let n = 0; n < 100; n++) spend(holder, `d${n}`, 1);
  await ledger.restart();
  await timer.pass(500);
  expect(holder.lease.isRecovering).toBe(true);
  const { syncs } = ledger;
  await timer.pass(TTL_MS - 1_000);
  expect(ledger.syncs - syncs).toBeLessThanOrEqual(TTL_MS / 1_000);
  await timer.pass(3_000);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 100 });
});
