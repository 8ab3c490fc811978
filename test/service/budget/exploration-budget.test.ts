/** What a program spends on exploration, over replicas that die and a ledger that forgets: never more than its share. */
import { expect, onTestFinished, test } from "vitest";
import { pooled, PoolWorld } from "../../support/pool-world.ts";

const MICROS = 1e6;
const AMOUNT = 2_000;
/** 20 units: some 16 offers, and gone within the minute. */
const SHARE = 0.01;
/** The dearest offer: so much of a lease may be too little for anything. */
const DEAREST = 2;
const ACCOUNT = { budget: "pool", period: "2026-11-25@Europe/Berlin#exploration:pool" };

const exploring = pooled(
  "pool",
  { amountMicros: AMOUNT * MICROS },
  { exploration: { strategy: "epsilon", epsilon: 0.5, floor: 0.01, budgetShare: SHARE, salt: "draw" } },
);

/** Ten minutes before the day ends in Berlin: there is money for many. */
async function worldAt(startsAt = "2026-11-25T22:50:00Z"): Promise<PoolWorld> {
  const world = await PoolWorld.begin(startsAt);
  onTestFinished(() => world.end());
  return world;
}

function exploredMicros(world: PoolWorld, volume = "exploration:pool"): number {
  const spent = world.logged().flatMap(({ exploration }) => (exploration?.volume === volume ? [exploration] : []));
  return spent.reduce((sum, { amountMicros }) => sum + amountMicros, 0);
}

test("is used up to less than an offer each, by all together, while the best goes on being paid", async () => {
  const world = await worldAt();
  const replicas = [
    await world.replica("a", [exploring]),
    await world.replica("b", [exploring]),
    await world.replica("c", [exploring]),
  ];
  const load = { perSecond: 20, replicas, programs: [exploring] };
  await world.pass(60_000, load);
  const limit = AMOUNT * SHARE * MICROS;
  expect(exploredMicros(world)).toBeLessThanOrEqual(limit);
  expect(exploredMicros(world)).toBeGreaterThan(limit - replicas.length * DEAREST * MICROS);
  const offers = world.logged().length;
  await world.pass(10_000, load);
  expect(exploredMicros(world)).toBeLessThanOrEqual(limit);
  expect(world.logged().length).toBeGreaterThan(offers);
  const [first] = replicas;
  expect(first?.decide(exploring).decision).toMatchObject({ exploring: "spent" });
  // What is set aside is told and counted apart from the money.
  await world.pass(2_000);
  const used = exploredMicros(world) / MICROS;
  expect(await world.ledger.view(ACCOUNT)).toMatchObject({ amount: limit, settled: exploredMicros(world), pending: 0 });
  await world.pass(2_000);
  expect(first?.treasury.report("pool")?.exploration).toMatchObject({ limit: AMOUNT * SHARE, used });
});

test("is proved from the log by a replica that was killed, and kept by a ledger that restarts", async () => {
  const world = await worldAt();
  const limit = AMOUNT * SHARE * MICROS;
  const dies = await world.replica("a", [exploring]);
  const stays = await world.replica("b", [exploring]);
  // The first prices come after an epoch; then for some seconds only, so that money is left.
  await world.pass(7_000, { perSecond: 10, replicas: [dies, stays], programs: [exploring] });
  expect(exploredMicros(world)).toBeGreaterThan(0);
  expect(exploredMicros(world)).toBeLessThan(limit);
  dies.kill();
  await world.ledger.restart();
  const again = await world.replica("a", [exploring]);
  await world.pass(90_000, { perSecond: 20, replicas: [again, stays], programs: [exploring] });
  expect(exploredMicros(world)).toBeLessThanOrEqual(limit);
  expect(exploredMicros(world)).toBeGreaterThan(limit - 2 * DEAREST * MICROS);
  expect(await world.ledger.view(ACCOUNT)).toMatchObject({ settled: exploredMicros(world), forgotten: 0 });
});

test("returns when its decision could not be logged", async () => {
  const world = await worldAt();
  const replica = await world.replica("a", [exploring]);
  await world.pass(6_000, { perSecond: 10, replicas: [replica], programs: [exploring] });
  for (let tries = 0; tries < 200; tries++) {
    const before = replica.treasury.at(exploring).explorationMicros;
    const { hold } = replica.decide(exploring);
    if (hold.reservation?.exploration !== null && hold.reservation !== null) {
      expect(replica.treasury.at(exploring).explorationMicros).toBe(
        (before ?? NaN) - hold.reservation.exploration.amountMicros,
      );
      hold.release();
      expect(replica.treasury.at(exploring).explorationMicros).toBe(before);
      return;
    }
    hold.release();
  }
  throw new Error("nothing was explored in 200 decisions");
});

test("of a guest in another's pool is its own share of that pool, and grows with either version", async () => {
  const world = await worldAt();
  const owner = pooled("pool", { amountMicros: AMOUNT * MICROS });
  const share = (budgetShare: number, version: number) =>
    pooled("guest", null, { exploration: { ...exploring.exploration, budgetShare }, version });
  const small = share(0.005, 1);
  const replica = await world.replica("a", [owner, small]);
  await world.pass(60_000, { perSecond: 20, replicas: [replica], programs: [small] });
  const of = () => exploredMicros(world, "exploration:guest") / MICROS;
  expect(of()).toBeLessThanOrEqual(10);
  expect(of()).toBeGreaterThan(10 - DEAREST);
  expect(replica.treasury.report("pool")?.exploration).toBeNull();
  const larger = share(0.01, 2);
  replica.treasury.adopt([owner, larger]);
  await world.pass(60_000, { perSecond: 20, replicas: [replica], programs: [larger] });
  expect(of()).toBeLessThanOrEqual(20);
  expect(of()).toBeGreaterThan(20 - DEAREST);
});

test("is not there while nobody can count it: nothing is explored, and nothing paid", async () => {
  const world = await worldAt();
  const replica = await world.replica("a", [exploring]);
  await world.pass(10_000, { perSecond: 10, replicas: [replica], programs: [exploring] });
  world.ledger.state = "down";
  await world.pass(4_000);
  expect(replica.treasury.at(exploring)).toMatchObject({ explorationMicros: 0, availableMicros: 0 });
});
