/** What offers really cost, shared by replicas on either board, learned once a day, and priced by from then on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openFilePacingBoard } from "../../../src/adapters/file/pacing-board.ts";
import { RedisPacingBoard } from "../../../src/adapters/redis/pacing-board.ts";
import type { PacingBoard } from "../../../src/core/budget-ports.ts";
import type { KnownDecision } from "../../../src/core/domain/known-decision.ts";
import { OUTCOME_SCHEMA, type OutcomeRecord } from "../../../src/core/domain/outcome.ts";
import { PoolCosts } from "../../../src/service/budget/pool-costs.ts";
import { idAt } from "../../support/decision-log-files.ts";
import { FlakyBoard, pooled, PoolWorld, type Replica, type Requested, TERMS } from "../../support/pool-world.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { observe } from "../../adapters/redis/observed-connection.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const saturday = Date.parse("2026-11-21T12:00:00Z");
/** It buys what is worth its cost, and lasts. */
const program = pooled("pool", { amountMicros: 1e12 });
const declared = { programs: [program], terms: TERMS };
const COST = 0.5;

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());

async function fileBoard(): Promise<FlakyBoard> {
  const directory = await mkdtemp(join(tmpdir(), "costs-"));
  const board = new FlakyBoard(await openFilePacingBoard(directory, () => saturday));
  onTestFinished(async () => {
    await board.close();
    await rm(directory, { recursive: true, force: true });
  });
  return board;
}

async function redisBoard(): Promise<FlakyBoard> {
  const { connection } = await observe(redis.url);
  await connection.run((client) => client.call("flushall"));
  return new FlakyBoard(new RedisPacingBoard(connection));
}

function offerOf(n: number, atMs: number) {
  return { decisionId: idAt(atMs, n), program: "pool", action: "mens_email", cost: COST, fixedMicros: 0 };
}

function told(n: number, atMs: number, outcome: Partial<OutcomeRecord> = {}): readonly [OutcomeRecord, KnownDecision] {
  const decisionId = idAt(atMs, n);
  const receivedAt = new Date(atMs + 1_000).toISOString();
  return [
    {
      schema: OUTCOME_SCHEMA,
      outcomeId: `o${n}`,
      decisionId,
      type: "redemption",
      head: null,
      value: null,
      cost: 2 * COST,
      action: null,
      occurredAt: receivedAt,
      receivedAt,
      ...outcome,
    },
    {
      decisionId,
      program: "pool",
      arm: "policy",
      action: "mens_email",
      cost: COST,
      reservation: { account: "pool/2026-11-21@Europe/Berlin", fixedMicros: 0 },
    },
  ];
}

/** So many offers, each redeemed at twice its predicted cost. */
function offerTwiceAsDear(offering: PoolCosts, hearing: PoolCosts, offers: number): void {
  for (let n = 0; n < offers; n++) {
    offering.offered(offerOf(n, saturday));
    hearing.heard(...told(n, saturday));
  }
}

const sumsIn = (board: PacingBoard, period = "costs-2026-11") => board.add({ budget: "pool", period }, {});

describe.each([
  ["files", fileBoard],
  ["Redis", redisBoard],
])("on a board in %s", (_, open) => {
  test("replicas learn the same from what all of them told, once a day, and price by it from then on", async () => {
    const board = await open();
    const [a, b] = [new PoolCosts(board, "pool"), new PoolCosts(board, "pool")];
    await a.turn(declared, saturday);
    await b.turn(declared, saturday);
    expect(a.biasesOf(program)).toBeNull();
    // One replica's offer, another's redemption.
    offerTwiceAsDear(a, b, 300);
    await a.turn(declared, saturday + 30_000);
    await b.turn(declared, saturday + 30_000);
    // It is known from the next day on that begins after the cohort grew old enough.
    expect(b.biasesOf(program)).toBeNull();
    await b.turn(declared, saturday + 2 * DAY_MS);
    await a.turn(declared, saturday + 2 * DAY_MS);
    expect(b.biasesOf(program)).toEqual([1, 1.9375, 1.75]);
    expect(a.learned).toEqual(b.learned);
    expect(a.biasesOf(program)).toEqual(b.biasesOf(program));
    expect(a.biasesOf(program)).toBe(a.biasesOf(program));
    expect(a.learned?.programs["pool"]?.byAction["mens_email"]).toMatchObject({
      offers: 300,
      redemptions: 300,
      predictedMicros: 150e6,
      realizedMicros: 300e6,
    });
    // What is told today is learned tomorrow.
    a.offered(offerOf(1_000, saturday));
    await a.turn(declared, saturday + 2 * DAY_MS + 30_000);
    expect(a.learned).toEqual(b.learned);
  });

  test("what could not be told is told the next time, and once", async () => {
    const board = await open();
    const costs = new PoolCosts(board, "pool");
    costs.offered(offerOf(1, saturday));
    board.state = "down";
    await expect(costs.turn(declared, saturday)).rejects.toMatchObject({ code: "ledger_unavailable" });
    costs.offered(offerOf(2, saturday));
    board.state = "up";
    for (let turns = 1; turns < 4; turns++) await costs.turn(declared, saturday + turns * 20_000);
    expect((await sumsIn(board))["20778 pool mens_email offers"]).toBe(2);
  });

  test("a replica that starts takes over what was learned before, without learning anew", async () => {
    const board = await open();
    const before = new PoolCosts(board, "pool");
    offerTwiceAsDear(before, before, 300);
    await before.turn(declared, saturday + 2 * DAY_MS);
    const later = new PoolCosts(board, "pool");
    expect(later.biasesOf(program)).toBeNull();
    await later.turn(declared, saturday + 2 * DAY_MS + 5_000);
    expect(later.biasesOf(program)).toEqual([1, 1.9375, 1.75]);
  });

  test("a day learned by a clock that was a year ahead does not stand in the way", async () => {
    const board = await open();
    const [ahead, right] = [new PoolCosts(board, "pool"), new PoolCosts(board, "pool")];
    offerTwiceAsDear(right, right, 300);
    await ahead.turn(declared, saturday + 365 * DAY_MS);
    await right.turn(declared, saturday + 2 * DAY_MS);
    expect(right.biasesOf(program)).toEqual([1, 1.9375, 1.75]);
    await right.turn(declared, saturday + 3 * DAY_MS);
    expect(right.learned?.day).toBe(Math.floor((saturday + 3 * DAY_MS) / DAY_MS));
  });
});

test("a restart of an embedded service goes on with what was told", async () => {
  const directory = await mkdtemp(join(tmpdir(), "costs-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const first = await openFilePacingBoard(directory, () => saturday);
  const before = new PoolCosts(first, "pool");
  offerTwiceAsDear(before, before, 300);
  await before.tell(saturday);
  await first.close();
  const again = await openFilePacingBoard(directory, () => saturday);
  const after = new PoolCosts(again, "pool");
  await after.turn(declared, saturday + 2 * DAY_MS);
  expect(after.biasesOf(program)).toEqual([1, 1.9375, 1.75]);
  await again.close();
});

test("cohorts of a month are in its account, wherever they are redeemed; what is not of money counts for nothing", async () => {
  const board = await fileBoard();
  const costs = new PoolCosts(board, "pool");
  const decidedAtMs = Date.parse("2026-11-30T23:59:59Z");
  costs.offered({ ...offerOf(1, decidedAtMs), fixedMicros: 20_000 });
  costs.offered({ ...offerOf(2, decidedAtMs), cost: NaN });
  costs.offered({ ...offerOf(3, decidedAtMs), cost: -0.25 });
  costs.heard(...told(1, decidedAtMs, { receivedAt: "2026-12-02T00:00:00Z" }));
  costs.heard(...told(1, decidedAtMs, { type: "exposure", cost: null }));
  const [redemption, decision] = told(2, decidedAtMs);
  costs.heard(redemption, { ...decision, cost: null });
  const held = { account: "pool/2026-11-30@Europe/Berlin", fixedMicros: 20_000 };
  costs.heard({ ...redemption, type: "void", cost: null }, { ...decision, reservation: held });
  await costs.tell(saturday);
  expect(await sumsIn(board, "costs-2026-12")).toEqual({});
  expect(await sumsIn(board)).toEqual({
    "20787 pool mens_email offers": 2,
    "20787 pool mens_email predicted": 500_000,
    "20787 pool mens_email fixed": 0,
    "20787 pool mens_email redemptions": 1,
    // From 24 hours to 36.
    "20787 pool mens_email 6": 1_000_000,
  });
});

describe("a pool whose offers turn out twice as dear", () => {
  let world: PoolWorld;
  beforeEach(async () => {
    world = await PoolWorld.begin("2026-11-21T12:00:00Z");
    onTestFinished(() => world.end());
  });

  const load = (replicas: readonly Replica[]) => ({ perSecond: 1, replicas, programs: [program] });

  /** Until so many were given; every one is redeemed, an hour later. */
  async function redeemed(replica: Replica, offers: number): Promise<void> {
    for (let given = 0; given < offers;) {
      await world.pass(100);
      const requested = replica.request(program);
      if (requested.hold.reservation === null) continue;
      replica.redeem(requested, 2 * costOf(requested), HOUR_MS);
      given += 1;
    }
    await world.pass(15_000);
  }

  test("charges offers of the next days what they cost, on every replica, and says so", async () => {
    const [a, b] = [await world.replica("a", [program]), await world.replica("b", [program])];
    await world.pass(20_000, load([a, b]));
    expect(a.treasury.report("pool")?.costs).toBeNull();
    expect(a.treasury.at(program).pacing.inPeriod).toBeNull();
    await redeemed(a, 200);
    for (const replica of [a, b]) replica.wallOffsetMs = 2 * DAY_MS;
    await world.pass(20_000, load([a, b]));
    const { inPeriod } = a.treasury.at(program).pacing;
    expect(inPeriod?.[1]).toBeGreaterThan(1.2);
    expect(inPeriod?.[1]).toBeLessThan(2);
    const charged = await offered(b);
    expect(charged.situation.pacing.inPeriod).toEqual(inPeriod);
    const bias = inPeriod?.[charged.decision.chosen] ?? NaN;
    expect(charged.hold.reservation?.amountMicros).toBe(Math.round(costOf(charged) * bias * 1e6));
    // One object as long as nothing changes.
    expect(a.treasury.at(program).pacing).toBe(a.treasury.at(program).pacing);
    const costs = a.treasury.report("pool")?.costs;
    expect(costs?.day).toBe("2026-11-23");
    expect(costs?.actions.map(({ program: of, action }) => `${of} ${action}`).toSorted()).toEqual([
      "pool mens_email",
      "pool womens_email",
    ]);
    expect(b.treasury.report("pool")?.costs).toEqual(costs);
    expect([a.failures, b.failures]).toEqual([[], []]);
  });

  test("is leased for what its dearest offer is charged, however small it is", async () => {
    const small = pooled("pool", { amountMicros: 200e6, period: { kind: "calendar", every: "year", timeZone: "UTC" } });
    const costs = new PoolCosts(world.board, "pool");
    for (let n = 0; n < 1_000; n++) {
      costs.offered(offerOf(n, saturday - 3 * DAY_MS));
      costs.heard(...told(n, saturday - 3 * DAY_MS, { cost: 4 * COST }));
    }
    await costs.tell(saturday);
    const a = await world.replica("a", [small]);
    // Half a percent of it is less than the maxCost of 2, and that is less than what an offer is charged.
    await world.pass(20_000);
    const bias = a.treasury.at(small).pacing.inPeriod?.[1] ?? NaN;
    expect(bias).toBeGreaterThan(3.5);
    expect(a.treasury.at(small).availableMicros).toBeGreaterThanOrEqual(2e6 * bias);
  });

  test("with a board that is down prices stay, and nothing that was counted is lost", async () => {
    const a = await world.replica("a", [program]);
    await world.pass(20_000, load([a]));
    world.board.state = "down";
    await redeemed(a, 50);
    expect(a.failures.length).toBeGreaterThan(0);
    world.board.state = "up";
    await a.treasury.close();
    const sums = await world.board.add({ budget: "pool", period: "costs-2026-11" }, {});
    const redemptions = Object.entries(sums).filter(([name]) => name.endsWith("redemptions"));
    expect(redemptions.reduce((sum, [, count]) => sum + count, 0)).toBe(50);
  });

  async function offered(replica: Replica): Promise<Requested> {
    for (;;) {
      await world.pass(100);
      const requested = replica.request(program);
      if (requested.hold.reservation !== null) return requested;
    }
  }
});

function costOf({ situation, decision }: Requested): number {
  return situation.scores.cost[decision.chosen] ?? NaN;
}
