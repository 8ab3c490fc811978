/** The money of programs that come, change and go. */
import { describe, expect, onTestFinished, test } from "vitest";
import { pooled, PoolWorld } from "../../support/pool-world.ts";

const MICROS = 1e6;
const ACCOUNT = { budget: "pool", period: "2026-11-25@Europe/Berlin" };
/** Little enough to be gone in a minute. */
const AMOUNT = 40;

async function worldAt(startsAt = "2026-11-25T22:58:00Z"): Promise<PoolWorld> {
  const world = await PoolWorld.begin(startsAt);
  onTestFinished(() => world.end());
  return world;
}

const logged = (world: PoolWorld) => world.loggedIn("pool/2026-11-25@Europe/Berlin");

describe("a running budget", () => {
  test("that is topped up pays on, and one that is cut below what was spent pays no more", async () => {
    const world = await worldAt();
    const program = pooled("pool", { amountMicros: AMOUNT * MICROS });
    const replica = await world.replica("a", [program]);
    const spend = async (ms: number, now = program) => {
      await world.pass(ms, { perSecond: 20, replicas: [replica], programs: [now] });
    };
    await spend(30_000);
    // All but less than an offer.
    expect(logged(world)).toBeGreaterThan((AMOUNT - 2) * MICROS);
    expect(logged(world)).toBeLessThanOrEqual(AMOUNT * MICROS);

    const more = pooled("pool", { amountMicros: 2 * AMOUNT * MICROS }, { version: 2 });
    replica.treasury.adopt([more]);
    await spend(30_000, more);
    expect(logged(world)).toBeGreaterThan((2 * AMOUNT - 2) * MICROS);
    expect(logged(world)).toBeLessThanOrEqual(2 * AMOUNT * MICROS);

    const less = pooled("pool", { amountMicros: (AMOUNT / 2) * MICROS }, { version: 3 });
    replica.treasury.adopt([less]);
    await spend(2_000, less);
    const spent = logged(world);
    await spend(10_000, less);
    expect(logged(world)).toBe(spent);
    const view = await world.ledger.view(ACCOUNT);
    expect(view).toMatchObject({ amount: (AMOUNT / 2) * MICROS, pending: spent, forgotten: 0 });
    // Less than an offer is still in the lease.
    expect((view?.available ?? NaN) + (view?.leased ?? NaN)).toBe((AMOUNT / 2) * MICROS - spent);
    expect(replica.treasury.report("pool")).toMatchObject({ amount: AMOUNT / 2, pending: spent / MICROS });
  });
});

describe("a pool of several programs", () => {
  test("is spent by all of them, and not by one that left it", async () => {
    const world = await worldAt();
    const owner = pooled("pool", { amountMicros: AMOUNT * MICROS });
    const guest = pooled("guest", null);
    const replica = await world.replica("a", [owner, guest]);
    await world.pass(15_000, { perSecond: 20, replicas: [replica], programs: [owner, guest] });
    expect(replica.treasury.report("guest")).toMatchObject({ programId: "guest", pool: "pool", amount: AMOUNT });
    replica.treasury.adopt([owner]);
    expect(replica.treasury.report("guest")).toBeNull();
    expect(replica.decide(guest).moment).toEqual({ availableMicros: 0, status: "degraded_budget" });
    // Not even what is expected to cost nothing: nobody would hold it, or count it.
    const { usedUp } = replica.treasury.at(guest);
    expect(usedUp).toEqual(guest.actions.map(({ id }) => (id === "no_offer" ? null : "budget_exhausted")));
    await world.pass(30_000, { perSecond: 20, replicas: [replica], programs: [owner, guest] });
    expect(logged(world)).toBeLessThanOrEqual(AMOUNT * MICROS);
    expect(logged(world)).toBeGreaterThan((AMOUNT - 2) * MICROS);
  });

  test("decides a request that began before a reload with the program it began with", async () => {
    const world = await worldAt();
    const program = pooled("pool", { amountMicros: 1_000 * MICROS });
    const replica = await world.replica("a", [program]);
    await world.pass(15_000, { perSecond: 20, replicas: [replica], programs: [program] });
    replica.treasury.adopt([pooled("pool", { amountMicros: 1_000 * MICROS }, { version: 2 })]);
    const { situation, moment } = replica.request(program);
    expect(situation.program).toBe(program);
    expect(moment.availableMicros).toBeGreaterThan(0);
  });
});

describe("a pool whose program goes away", () => {
  test("gives its money back, also what was being decided, and is there again when the program returns", async () => {
    const world = await worldAt();
    const program = pooled("pool", { amountMicros: 1_000 * MICROS });
    const replica = await world.replica("a", [program]);
    await world.pass(15_000, { perSecond: 20, replicas: [replica], programs: [program] });
    const underWay = replica.decide(program);
    const amount = underWay.hold.reservation?.amountMicros ?? NaN;
    expect(amount).toBeGreaterThan(0);

    replica.treasury.adopt([]);
    await world.pass(2_000);
    // All that is out is the money of the decision whose log is not written yet.
    expect(await world.ledger.view(ACCOUNT)).toMatchObject({ leased: amount });
    replica.keep(underWay);
    await world.pass(2_000);
    expect(await world.ledger.view(ACCOUNT)).toMatchObject({ leased: 0, pending: logged(world) });

    // Twice quickly: to and fro within one turn of the event loop.
    replica.treasury.adopt([program]);
    replica.treasury.adopt([]);
    replica.treasury.adopt([program]);
    const before = logged(world);
    await world.pass(15_000, { perSecond: 20, replicas: [replica], programs: [program] });
    expect(logged(world)).toBeGreaterThan(before);
    expect(replica.treasury.report("pool")).toMatchObject({ state: "paying" });
    expect(replica.failures).toEqual([]);
  });

  test("leaves a ledger that recovers nothing to wait for", async () => {
    const world = await worldAt();
    const program = pooled("pool", {});
    const [leaves, stays] = [await world.replica("a", [program]), await world.replica("b", [program])];
    await world.pass(10_000);
    leaves.treasury.adopt([]);
    await world.pass(2_000);
    await world.ledger.restart();
    await world.pass(10_000);
    expect(stays.treasury.report("pool")).toMatchObject({ state: "paying", awaited: [] });
  });

  test("is closed with the others when the service ends", async () => {
    const world = await worldAt();
    const [pool, other] = [pooled("pool", {}), pooled("other", {}, { funding: null })];
    const replica = await world.replica("a", [pool, other]);
    await world.pass(10_000, { perSecond: 20, replicas: [replica], programs: [pool] });
    replica.treasury.adopt([other]);
    await world.pass(1_000);
    await replica.treasury.close();
    expect(await world.ledger.view(ACCOUNT)).toMatchObject({ leased: 0, holders: [], pending: logged(world) });
    expect(world.timer.waiting).toBe(0);
  });
});
