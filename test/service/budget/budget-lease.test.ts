import { describe, expect, test } from "vitest";
import type { LeaseBook } from "../../../src/core/budget-ports.ts";
import { BudgetLease, type BudgetLeaseOptions } from "../../../src/service/budget/budget-lease.ts";
import { ACCOUNT, openAccount, reservationOf, syncOf, termsOf } from "../../contracts/ledger.ts";
import { Disk, FlakyLedger } from "../../support/lease-fixtures.ts";

const TTL_MS = 1_000;
/** Half a percent is 50, and no offer is larger than 20. */
const AMOUNT = 10_000;
const OFFER = 20;

interface Stage {
  readonly ledger: FlakyLedger;
  readonly disk: Disk;
  nowMs: number;
  lease(change?: Partial<BudgetLeaseOptions>): BudgetLease & { readonly book: LeaseBook };
}

async function newStage(amount = AMOUNT): Promise<Stage> {
  const ledger = new FlakyLedger();
  await openAccount(ledger, termsOf(amount));
  const disk = new Disk();
  const stage: Stage = {
    ledger,
    disk,
    nowMs: 0,
    lease: (change = {}) => {
      const book = disk.nextLife();
      const options: BudgetLeaseOptions = {
        ledger,
        book,
        history: disk,
        now: () => stage.nowMs,
        clock: () => stage.nowMs,
        account: ACCOUNT,
        terms: termsOf(amount),
        kind: "reserved",
        largestOffer: () => OFFER,
        ...change,
      };
      return Object.assign(new BudgetLease(options), { book });
    },
  };
  return stage;
}

/** Decides, pays and logs. */
function spend({ disk }: Stage, lease: ReturnType<Stage["lease"]>, id: string, amount: number): void {
  lease.debit(amount);
  const reservation = reservationOf(id, amount);
  disk.log.push({ life: lease.book.holder.life, reservation });
  lease.logged(reservation);
}

describe("a lease", () => {
  test("pays what it was granted until one lease time after the request was sent", async () => {
    const stage = await newStage();
    const lease = stage.lease();
    expect(lease.available()).toBe(0);
    stage.nowMs = 400;
    expect(await lease.exchange("top-up")).toBe("synced");
    expect(lease.available()).toBe(50);
    stage.nowMs = 400 + TTL_MS - 1;
    expect(lease.available()).toBe(50);
    stage.nowMs = 400 + TTL_MS;
    expect(lease.available()).toBe(0);
    await lease.exchange("top-up");
    expect(lease.available()).toBe(50);
  });

  test("tells what was logged and keeps what was not", async () => {
    const stage = await newStage();
    const lease = stage.lease();
    await lease.exchange("top-up");
    spend(stage, lease, "d1", 10);
    lease.debit(7);
    await lease.exchange("yield");
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 10, leased: 40 });
    expect(lease.available()).toBe(33);
    lease.credit(7);
    expect(lease.available()).toBe(40);
  });

  test.for(["down", "mute"] as const)(
    "asks the same turn again when the ledger was %s: once granted, once held",
    async (state) => {
      const stage = await newStage();
      const lease = stage.lease();
      await lease.exchange("top-up");
      spend(stage, lease, "d1", 20);
      spend(stage, lease, "d2", 12);
      stage.ledger.state = state;
      await expect(lease.exchange("top-up")).rejects.toMatchObject({ code: "ledger_unavailable" });
      expect(lease.available()).toBe(18);
      spend(stage, lease, "d3", 5);
      await expect(lease.exchange("top-up")).rejects.toMatchObject({ code: "ledger_unavailable" });
      stage.ledger.state = "up";
      await lease.exchange("top-up");
      expect(lease.available()).toBe(45);
      expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 32, leased: 50, available: 9_918 });
      await lease.exchange("top-up");
      expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 37, leased: 45, available: 9_918 });
    },
  );

  test("what is given back is not paid from the moment it was sent", async () => {
    const stage = await newStage(100);
    const lease = stage.lease();
    await lease.exchange("top-up");
    expect(lease.available()).toBe(20);
    // Another replica takes most of what is left: now it is scarce.
    await stage.ledger.sync(syncOf({ replica: "b", life: 1 }, { want: 75 }));
    await lease.exchange("top-up");
    stage.ledger.state = "down";
    await expect(lease.exchange("yield")).rejects.toMatchObject({ code: "ledger_unavailable" });
    expect(lease.available()).toBe(0);
    stage.ledger.state = "up";
    await lease.exchange("yield");
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ leased: 75, available: 25 });
  });

  test("counts need no reservations", async () => {
    const stage = await newStage();
    const lease = stage.lease({ kind: "counted", largestOffer: () => 1 });
    await lease.exchange("top-up");
    for (const id of ["d1", "d2", "d3"]) spend(stage, lease, id, 1);
    await lease.exchange("yield");
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ settled: 3, leased: 47, pending: 0 });
    expect(lease.hasNews).toBe(false);
  });

  test("leaves nothing behind, unless something was paid and is not in the log", async () => {
    const stage = await newStage();
    const lease = stage.lease();
    await lease.exchange("top-up");
    for (let i = 0; i < 3; i++) spend(stage, lease, `d${i}`, 5);
    expect(await lease.leave()).toBe(true);
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ leased: 0, pending: 15, holders: [] });

    const other = stage.lease();
    await other.exchange("top-up");
    other.debit(9);
    expect(await other.leave()).toBe(false);
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ leased: 9, pending: 15 });
  });
});

describe("the lease of a life that ended", () => {
  test("is closed from the log before the next life asks: what it spent is held, the rest is free", async () => {
    const stage = await newStage();
    const killed = stage.lease();
    await killed.exchange("top-up");
    spend(stage, killed, "d1", 8);
    await killed.exchange("yield");
    spend(stage, killed, "d2", 9);
    killed.debit(3);
    const next = stage.lease();
    await next.exchange("top-up");
    const view = await stage.ledger.view(ACCOUNT);
    expect(view).toMatchObject({ pending: 17, leased: 50, available: 9_933, forgotten: 0 });
    expect(view?.holders).toEqual([{ replica: "a", life: 2 }]);
  });

  test("is closed without a lease of the next life, where that has nothing to spend", async () => {
    const stage = await newStage();
    const killed = stage.lease();
    await killed.exchange("top-up");
    spend(stage, killed, "d1", 8);
    const next = stage.lease();
    await next.closeEarlierLives();
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 8, leased: 0, available: 9_992, holders: [] });
    expect(await next.leave()).toBe(true);
  });

  test("is told whole, however long its log", async () => {
    const stage = await newStage(200_000);
    const killed = stage.lease();
    await killed.exchange("top-up");
    for (let i = 0; i < 600; i++) spend(stage, killed, `d${i}`, 1);
    await stage.lease().exchange("yield");
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 600, leased: 0, available: 199_400 });
  });

  test("that counted is told in one sum", async () => {
    const stage = await newStage();
    const killed = stage.lease({ kind: "counted" });
    await killed.exchange("top-up");
    for (let i = 0; i < 6; i++) spend(stage, killed, `d${i}`, 1);
    await stage.lease({ kind: "counted" }).exchange("yield");
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ settled: 6, leased: 0, available: 9_994 });
  });
});

describe("when the ledger may have forgotten", () => {
  test("the lease stops at once, declares, and pays again one lease time later", async () => {
    const stage = await newStage();
    const lease = stage.lease();
    await stage.ledger.save();
    await lease.exchange("top-up");
    spend(stage, lease, "d1", 8);
    await lease.exchange("top-up");
    const granted = 10_000 - ((await stage.ledger.view(ACCOUNT))?.available ?? 0);
    spend(stage, lease, "d2", 9);
    await stage.ledger.restore();
    expect(await lease.exchange("top-up")).toBe("recovering");
    expect(lease.available()).toBe(0);
    expect(lease.isPressed).toBe(false);
    const known = await stage.ledger.view(ACCOUNT);
    expect(known).toMatchObject({ pending: 17, leased: granted - 17, available: 10_000 - granted, forgotten: 0 });
    stage.nowMs += TTL_MS - 1;
    expect(await lease.exchange("top-up")).toBe("recovering");
    stage.nowMs += 1;
    expect(await lease.exchange("top-up")).toBe("synced");
    expect(lease.available()).toBeGreaterThan(0);
    await lease.leave();
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 17, leased: 0, available: 9_983, forgotten: 0 });
  });

  test("a ledger that lost everything is told of every life, and waits for the last word", async () => {
    const stage = await newStage();
    const first = stage.lease();
    await first.exchange("top-up");
    spend(stage, first, "d1", 8);
    await first.leave();
    const second = stage.lease();
    await second.exchange("top-up");
    spend(stage, second, "d2", 9);
    const third = stage.lease();
    await third.exchange("top-up");
    spend(stage, third, "d3", 4);
    await stage.ledger.erase();
    const declare = stage.ledger.declare.bind(stage.ledger);
    let calls = 0;
    stage.ledger.declare = async (said) => {
      // The word breaks off before the last part.
      if (++calls === 3) throw new Error("lost");
      return await declare(said);
    };
    await expect(third.exchange("top-up")).rejects.toThrow("lost");
    const other = syncOf({ replica: "b", life: 1 }, { terms: termsOf(AMOUNT) });
    const { view } = await stage.ledger.sync(other);
    const recovery = { token: view.recovery ?? "", waitedMs: 10 * TTL_MS, nowMs: 0 };
    expect(await stage.ledger.sync({ ...other, recovery })).toMatchObject({ kind: "recovering" });
    await third.exchange("top-up");
    // A replica that left for good is remembered by those that saw it: only an operator can speak for it.
    const gone = { replica: "opener", life: 1 };
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 21, awaited: [gone] });
    await stage.ledger.writeOff(ACCOUNT, gone);
    expect(await stage.ledger.sync({ ...other, recovery })).toMatchObject({ kind: "synced" });
    await third.leave();
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 21, leased: 0, available: 9_979 });
  });

  test("outcomes it accepted count again, once", async () => {
    const stage = await newStage();
    const lease = stage.lease();
    await lease.exchange("top-up");
    spend(stage, lease, "d1", 8);
    await lease.exchange("top-up");
    await stage.ledger.save();
    const outcome = { kind: "settle", eventId: "e1", reservationId: "d1", amount: 6 } as const;
    await stage.ledger.settle(ACCOUNT, [outcome]);
    stage.disk.outcomes.push(outcome);
    await stage.ledger.restore();
    await lease.exchange("top-up");
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 0, settled: 6, overrun: 0 });
  });

  test("a declaration that failed is made again, with all that was known before the loss", async () => {
    const stage = await newStage();
    const other = stage.lease();
    const lease = stage.lease();
    await other.exchange("top-up");
    await stage.ledger.save();
    const dead = { replica: "dead", life: 3 };
    await stage.ledger.sync(syncOf(dead, { terms: termsOf(AMOUNT), want: 40 }));
    await lease.exchange("top-up");
    await stage.ledger.restore();
    const declare = stage.ledger.declare.bind(stage.ledger);
    stage.ledger.declare = () => Promise.reject(new Error("lost"));
    await expect(lease.exchange("top-up")).rejects.toThrow("lost");
    stage.ledger.declare = declare;
    expect(await lease.exchange("top-up")).toBe("recovering");
    expect((await stage.ledger.view(ACCOUNT))?.awaited).toEqual([dead]);
    stage.nowMs += 2 * TTL_MS;
    expect(await lease.exchange("top-up")).toBe("recovering");
    await stage.ledger.writeOff(ACCOUNT, dead);
    expect(await lease.exchange("top-up")).toBe("synced");
  });
});

describe("a fenced lease", () => {
  test("never pays again, and still tells what it spent", async () => {
    const stage = await newStage();
    const lease = stage.lease();
    await lease.exchange("top-up");
    spend(stage, lease, "d1", 8);
    lease.debit(4);
    await stage.ledger.writeOff(ACCOUNT, lease.book.holder);
    expect(await lease.exchange("top-up")).toBe("fenced");
    expect([lease.available(), lease.isPressed, lease.isFenced]).toEqual([0, false, true]);
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 8, leased: 0, forgotten: 8 });
    lease.logged(reservationOf("d2", 4));
    expect(await lease.exchange("top-up")).toBe("fenced");
    expect(await stage.ledger.view(ACCOUNT)).toMatchObject({ pending: 12, available: 9_988, holders: [] });
  });
});
