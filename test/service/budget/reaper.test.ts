import { expect, test } from "vitest";
import type { AccountId } from "../../../src/core/domain/budget.ts";
import { Reaper, steadyClock } from "../../../src/service/budget/reaper.ts";
import { ACCOUNT, openAccount, reservationOf, syncOf, termsOf } from "../../contracts/ledger.ts";
import { FlakyLedger, ManualTimer } from "../../support/lease-fixtures.ts";

const A = { replica: "a", life: 1 };
const OTHER: AccountId = { ...ACCOUNT, period: "2026-10" };

test("what fell due expires at the next round, in every account watched, a backlog at once", async () => {
  const ledger = new FlakyLedger();
  const terms = termsOf(2_000);
  for (const account of [ACCOUNT, OTHER]) {
    await openAccount(ledger, terms, account);
    await ledger.sync(syncOf(A, { account, terms, want: 2_000 }));
    const reservations = Array.from({ length: 1_100 }, (_, i) => reservationOf(`d${i}`, 1, { expiresAtMs: 500 }));
    await ledger.sync(syncOf(A, { account, terms, turn: 2, reservations }));
  }
  const { timer, reaper, told } = reaperOf(ledger);
  reaper.watch(ACCOUNT, Infinity);
  reaper.watch(OTHER, Infinity);
  reaper.start();
  await timer.pass(200);
  expect(told).toEqual([]);
  await timer.pass(800);
  for (const account of [ACCOUNT, OTHER])
    expect(await ledger.view(account)).toMatchObject({ pending: 0, available: 1_100 });
  expect(told).toEqual([500, 500, 100, 500, 500, 100]);
  await reaper.close();
  expect(timer.waiting).toBe(0);
});

test("a ledger that is down is told and asked again next time, until nothing can be pending", async () => {
  const ledger = new FlakyLedger();
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 50 }));
  await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5, { expiresAtMs: 0 })] }));
  const { timer, reaper, told, failures } = reaperOf(ledger);
  reaper.watch(ACCOUNT, 450);
  reaper.start();
  ledger.state = "down";
  await timer.pass(250);
  expect(failures).toHaveLength(2);
  ledger.state = "up";
  await timer.pass(100);
  expect(told).toEqual([1]);
  await timer.pass(200);
  ledger.state = "down";
  await timer.pass(500);
  expect(failures).toHaveLength(2);
});

test("a wall clock that jumps moves nothing", () => {
  let wallMs = 1_000_000;
  let monotonicMs = 50;
  const clock = steadyClock(
    () => wallMs,
    () => monotonicMs,
  );
  expect(clock()).toBe(1_000_000);
  monotonicMs += 70;
  wallMs += 3_600_000;
  expect(clock()).toBe(1_000_070);
  wallMs -= 7_200_000;
  monotonicMs += 30;
  expect(clock()).toBe(1_000_100);
});

function reaperOf(ledger: FlakyLedger) {
  const timer = new ManualTimer();
  const told: number[] = [];
  const failures: unknown[] = [];
  const reaper = new Reaper({
    ledger,
    timer,
    clock: () => timer.now(),
    intervalMs: 100,
    expired: (_, count) => told.push(count),
    failed: (_, cause) => failures.push(cause),
  });
  return { timer, reaper, told, failures };
}
