/** A pool over time: periods and clocks that change, a ledger and a board that fail, replicas that die. */
import { describe, expect, onTestFinished, test } from "vitest";
import { HOUR_MS, pooled, PoolWorld, type Requested } from "../../support/pool-world.ts";

const MICROS = 1e6;
const MINUTE_MS = 60_000;
const LEASE_MS = 3_000;

async function worldAt(startsAt: string): Promise<PoolWorld> {
  const world = await PoolWorld.begin(startsAt);
  onTestFinished(() => world.end());
  return world;
}

function isPaid({ decision }: Requested): boolean {
  return decision.chosen > 0;
}

describe("at the end of a month under load", () => {
  const MONTH = { kind: "calendar", every: "month", timeZone: "Europe/Berlin" } as const;
  /** More than two minutes can spend, so that the month that ends buys everything. */
  const program = pooled("pool", { amountMicros: 100_000 * MICROS, period: MONTH });
  const [before, after] = ["2026-11@Europe/Berlin", "2026-12@Europe/Berlin"];

  test("each decision is paid by its own month, the next one's money is there in time, and at prices of its own", async () => {
    const world = await worldAt("2026-11-30T22:58:00Z");
    const replica = await world.replica("a", [program]);
    const load = { perSecond: 50, replicas: [replica], programs: [program] };
    await world.pass(2 * MINUTE_MS - LEASE_MS - 200, load);
    // Opened ahead by more than the lease time that a new account has to wait.
    expect(await world.ledger.view({ budget: "pool", period: after })).not.toBeNull();
    await world.pass(LEASE_MS + 100, load);
    const last = replica.decide(program);
    expect(last.hold.reservation?.account).toBe(`pool/${before}`);
    const spentBefore = world.loggedIn(`pool/${before}`);
    expect(spentBefore).toBeGreaterThan(1_000 * MICROS);
    await world.pass(100, load);
    expect(replica.decide(program).moment.availableMicros).toBeGreaterThan(0);
    // The log of the last decision is written in the next month: its money is the old month's all the same.
    replica.keep(last);
    await world.pass(2 * MINUTE_MS, load);
    expect(world.loggedIn(`pool/${before}`)).toBe(spentBefore + (last.hold.reservation?.amountMicros ?? NaN));
    expect(await world.ledger.view({ budget: "pool", period: before })).toMatchObject({
      pending: world.loggedIn(`pool/${before}`),
    });
    // 100,000 for 31 days as busy as these minutes: 4.5 in two minutes, where the month before bought all.
    const spentAfter = world.loggedIn(`pool/${after}`) / MICROS;
    expect(spentAfter).toBeGreaterThan(1);
    expect(spentAfter).toBeLessThan(20);
    expect(replica.failures).toEqual([]);
  });

  test("the month is priced when it begins, wherever its epochs do", async () => {
    const world = await worldAt("2026-11-30T22:58:00Z");
    const slow = pooled("pool", { amountMicros: 100_000 * MICROS, period: MONTH, epochMs: 7 * MINUTE_MS });
    const replica = await world.replica("a", [slow]);
    await world.pass(2 * MINUTE_MS, { perSecond: 1, replicas: [replica], programs: [slow] });
    const report = replica.treasury.report("pool");
    expect(report?.period?.id).toBe(after);
    // One request a second for 31 days.
    expect(report?.prices.rho).toBeCloseTo(100_000 / (31 * 86_400), 3);
  });

  test("with a board that is down nothing is paid until the month has a price", async () => {
    const world = await worldAt("2026-11-30T22:58:00Z");
    const replica = await world.replica("a", [program]);
    const load = { perSecond: 20, replicas: [replica], programs: [program] };
    await world.pass(2 * MINUTE_MS - 30_000, load);
    world.board.state = "down";
    await world.pass(20_000, load);
    // The board says what is worth paying for, not what may be paid: the next month's money is there in time.
    expect(await world.ledger.view({ budget: "pool", period: after })).not.toBeNull();
    await world.pass(MINUTE_MS, load);
    expect(replica.decide(program).moment.availableMicros).toBeGreaterThan(0);
    expect(world.loggedIn(`pool/${after}`)).toBe(0);
    world.board.state = "up";
    await world.pass(5 * MINUTE_MS, load);
    expect(world.loggedIn(`pool/${after}`)).toBeGreaterThan(0);
  });
});

describe("a wall clock that jumps by an hour at the end of a day", () => {
  /** One a second. */
  const amount = 86_400;
  const program = pooled("pool", { amountMicros: amount * MICROS });

  test.each([
    ["ahead", HOUR_MS],
    ["back", -HOUR_MS],
  ])("%s and is set right overspends nothing, and paying goes on", async (_, jumpMs) => {
    const world = await worldAt(jumpMs > 0 ? "2026-11-24T22:58:00Z" : "2026-11-24T22:59:00Z");
    const [a, b] = [await world.replica("a", [program]), await world.replica("b", [program])];
    const load = { perSecond: 20, replicas: [a, b], programs: [program] };
    await world.pass(90_000, load);
    b.wallOffsetMs = jumpMs;
    await world.pass(20_000, load);
    const whileWrong = world.logged().length;
    await world.pass(20_000, load);
    expect(world.logged().length).toBeGreaterThan(whileWrong);
    b.wallOffsetMs = 0;
    await world.pass(20_000, load);
    const afterwards = world.logged().length;
    await world.pass(MINUTE_MS, load);
    expect(world.logged().length).toBeGreaterThan(afterwards);
    for (const day of ["2026-11-24", "2026-11-25"]) {
      expect(world.loggedIn(`pool/${day}@Europe/Berlin`)).toBeLessThanOrEqual(amount * MICROS);
    }
    expect([...a.failures, ...b.failures]).toEqual([]);
  });
});

describe("a budget that begins in the middle of its period", () => {
  test("spends nothing before anything is known, and then what its plan says", async () => {
    const world = await worldAt("2026-11-25T11:00:00Z");
    // Twelve hours of the day are left: 1 a second.
    const program = pooled("pool", { amountMicros: 12 * 3_600 * MICROS });
    const replica = await world.replica("a", [program]);
    const load = { perSecond: 50, replicas: [replica], programs: [program] };
    await world.pass(4_900, load);
    expect(world.logged()).toEqual([]);
    await world.pass(55_100, load);
    const spent = world.loggedIn("pool/2026-11-25@Europe/Berlin") / MICROS;
    expect(spent).toBeGreaterThan(0.8 * 55);
    expect(spent).toBeLessThan(1.2 * 60);
  });
});

describe("a ledger that is down", () => {
  const program = pooled("pool", {});

  test("stops paying when the lease is over, and says so; it goes on by itself", async () => {
    const world = await worldAt("2026-11-25T11:00:00Z");
    const replica = await world.replica("a", [program]);
    await world.pass(30_000, { perSecond: 20, replicas: [replica], programs: [program] });
    expect(replica.decide(program).moment.status).toBe("normal");
    world.ledger.state = "down";
    await world.pass(LEASE_MS);
    const requested = replica.decide(program);
    expect(requested.moment).toEqual({ availableMicros: 0, status: "degraded_budget" });
    expect(isPaid(requested)).toBe(false);
    expect(replica.treasury.report("pool")).toMatchObject({ state: "unreachable" });
    world.ledger.state = "up";
    await world.pass(5_000);
    expect(replica.decide(program).moment.status).toBe("normal");
    expect(replica.treasury.report("pool")).toMatchObject({ state: "paying" });
  });
});

describe("a replica that was killed", () => {
  const program = pooled("pool", { amountMicros: 20_000 * MICROS });
  const load = (replica: Awaited<ReturnType<PoolWorld["replica"]>>) => ({
    perSecond: 20,
    replicas: [replica],
    programs: [program],
  });

  test("tells what it spent when it starts again, and what it held and did not spend returns", async () => {
    const world = await worldAt("2026-11-25T11:00:00Z");
    const first = await world.replica("a", [program]);
    await world.pass(30_000, load(first));
    first.request(program);
    first.kill();
    const account = { budget: "pool", period: "2026-11-25@Europe/Berlin" };
    const again = await world.replica("a", [program]);
    await world.pass(1_000);
    const pending = world.loggedIn("pool/2026-11-25@Europe/Berlin");
    expect(pending).toBeGreaterThan(0);
    const view = await world.ledger.view(account);
    expect(view).toMatchObject({ pending, holders: [{ replica: "a", life: 2 }], forgotten: 0 });
    // What is leased is the new life's alone: half a percent.
    expect(view?.leased).toBe(100 * MICROS);
    expect(again.failures).toEqual([]);
  });

  test("does so also for a day that is over by then, as soon as the ledger is there", async () => {
    const world = await worldAt("2026-11-25T22:50:00Z");
    const first = await world.replica("a", [program]);
    await world.pass(30_000, load(first));
    // Told within a second of its life it would not be.
    for (let i = 0; i < 20; i++) first.request(program);
    first.kill();
    await world.pass(10 * MINUTE_MS);
    const account = { budget: "pool", period: "2026-11-25@Europe/Berlin" };
    expect((await world.ledger.view(account))?.leased).toBeGreaterThan(0);
    world.ledger.state = "down";
    const again = await world.replica("a", [program]);
    await world.pass(10_000);
    expect(again.failures.length).toBeGreaterThan(0);
    world.ledger.state = "up";
    await world.pass(10_000);
    const pending = world.loggedIn("pool/2026-11-25@Europe/Berlin");
    expect(await world.ledger.view(account)).toMatchObject({ pending, leased: 0, holders: [], forgotten: 0 });
  });

  test("does so between the periods of its budget, too", async () => {
    const world = await worldAt("2026-11-25T11:00:00Z");
    const untilMs = Date.parse("2026-11-25T11:01:00Z");
    const fixed = pooled("pool", { period: { kind: "fixed", fromMs: untilMs - HOUR_MS, untilMs } });
    const first = await world.replica("a", [fixed]);
    await world.pass(30_000, { perSecond: 20, replicas: [first], programs: [fixed] });
    first.request(fixed);
    first.kill();
    await world.pass(MINUTE_MS);
    const again = await world.replica("a", [fixed]);
    await world.pass(1_000);
    const account = { budget: "pool", period: "2026-11-25T10:01:00Z/2026-11-25T11:01:00Z" };
    expect(await world.ledger.view(account)).toMatchObject({ leased: 0, holders: [] });
    expect(again.decide(fixed).moment).toEqual({ availableMicros: 0, status: "normal" });
    expect(again.treasury.report("pool")).toMatchObject({ state: "between_periods", period: null });
  });
});

test("a limited volume lasts to the end of the period and goes to those for whom it is worth most", async () => {
  const world = await worldAt("2026-11-25T11:00:00Z");
  const period = { kind: "fixed", fromMs: world.startMs, untilMs: world.startMs + 10 * MINUTE_MS } as const;
  const limit = 300;
  const program = pooled("pool", {
    amountMicros: 1e6 * MICROS,
    period,
    volumes: { "channel:email": limit },
  });
  const replica = await world.replica("a", [program]);
  const load = { perSecond: 20, replicas: [replica], programs: [program] };
  const used = () => world.logged().length / limit;
  await world.pass(5 * MINUTE_MS, load);
  expect(used()).toBeGreaterThan(0.35);
  expect(used()).toBeLessThan(0.65);
  expect(replica.treasury.report("pool")?.prices.mu["channel:email"]).toBeGreaterThan(0);
  await world.pass(5 * MINUTE_MS - 200, load);
  expect(used()).toBeGreaterThan(0.9);
  expect(used()).toBeLessThanOrEqual(1);
  expect(replica.failures).toEqual([]);
});
