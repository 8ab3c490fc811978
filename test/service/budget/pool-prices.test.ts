/** Prices that replicas share, epoch by epoch. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openFilePacingBoard } from "../../../src/adapters/file/pacing-board.ts";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import { decide } from "../../../src/core/decision/decide.ts";
import { PRICE_MAX } from "../../../src/core/pacing/efficiency-histogram.ts";
import { ARRIVALS } from "../../../src/core/pacing/epoch-tally.ts";
import { PoolPrices, type PriceTurn } from "../../../src/service/budget/pool-prices.ts";
import { FlakyBoard, pooled, solvedHere, TERMS } from "../../support/pool-world.ts";
import { scoresOf, situationWith } from "../../support/programs.ts";

const EPOCH_MS = 5_000;
const RULE = { kind: "calendar", every: "day", timeZone: "UTC" } as const;
const DAY_MS = 86_400_000;
const monday = Date.parse("2026-11-23T00:00:00Z");
const calendar = new TemporalCalendar();
const program = pooled("pool", {});

async function tempBoard(): Promise<FlakyBoard> {
  const directory = await mkdtemp(join(tmpdir(), "board-"));
  const board = new FlakyBoard(await openFilePacingBoard(directory, () => 0));
  onTestFinished(async () => {
    await board.close();
    await rm(directory, { recursive: true, force: true });
  });
  return board;
}

function pricesOn(board: FlakyBoard): PoolPrices {
  return new PoolPrices({ board, calendar, allocator: solvedHere, failed: () => undefined });
}

/** The turn at so many epochs of Monday, with 8,640 left: 0.1 a second. */
function turnAt(epochs: number, parts: Partial<PriceTurn> = {}): PriceTurn {
  const atMs = monday + epochs * EPOCH_MS;
  const period = calendar.periodAt(RULE, atMs);
  return {
    account: { budget: "pool", period: period.id },
    rule: RULE,
    period,
    epoch: Math.floor(atMs / EPOCH_MS),
    atMs,
    remainingMicros: 8_640e6,
    remainingVolumes: {},
    floor: 0,
    ...parts,
  };
}

/** One request for whom 1 buys this much. */
function see(prices: PoolPrices, { account }: PriceTurn, efficiency: number): void {
  const scores = scoresOf([
    [efficiency, 0, 1],
    [-1, 0, 1],
  ]);
  const situation = situationWith(program, { scores, pacing: prices.pacingIn(account) });
  const decision = decide(situation);
  prices.observe(account, situation, { decision, chargedMicros: decision.chosen * 1e6 });
}

describe("replicas on one board", () => {
  test("decide at the same price, that of the first to close the epoch, and learn from each other", async () => {
    const board = await tempBoard();
    const [a, b] = [pricesOn(board), pricesOn(board)];
    await a.turn(turnAt(0));
    await b.turn(turnAt(0));
    for (let request = 0; request < 50; request++) see(a, turnAt(0), 1 + request / 10);
    for (let request = 0; request < 50; request++) see(b, turnAt(0), 1 + request / 10);
    await a.turn(turnAt(1));
    const { account } = turnAt(1);
    const first = a.pacingIn(account);
    // 50 requests in an epoch, and 10 a second for the rest of the day: 0.01 each, a hundredth of them.
    expect(first.rho).toBeCloseTo(0.01, 3);
    expect(first.lambda).toBeGreaterThan(5.8);
    expect(first.lambda).toBeLessThan(6);
    // The second is late: what it has seen is in the next price, and this one stands.
    await b.turn({ ...turnAt(1), remainingMicros: 1 });
    expect(b.pacingIn(account)).toEqual(first);
    expect(b.arrived.arrivals).toBe(100);
    await b.turn(turnAt(2));
    await a.turn({ ...turnAt(2), remainingMicros: 1 });
    expect(a.pacingIn(account)).toEqual(b.pacingIn(account));
    expect(a.pacingIn(account).epoch).toBe(first.epoch + 1);
    expect(a.arrived.arrivals).toBe(100);
  });

  test("begin at the prices that stand when they start again", async () => {
    const board = await tempBoard();
    const before = pricesOn(board);
    await before.turn(turnAt(0));
    for (let request = 0; request < 50; request++) see(before, turnAt(0), 1 + request / 10);
    await before.turn(turnAt(1));
    const after = pricesOn(board);
    expect(after.pacingIn(turnAt(1).account).lambda).toBe(PRICE_MAX);
    await after.turn(turnAt(1));
    expect(after.pacingIn(turnAt(1).account)).toEqual(before.pacingIn(turnAt(1).account));
  });

  test("are not held up by one whose clock was an hour ahead", async () => {
    const board = await tempBoard();
    const [a, ahead] = [pricesOn(board), pricesOn(board)];
    await a.turn(turnAt(0));
    await ahead.turn({ ...turnAt(1), epoch: turnAt(720).epoch, atMs: turnAt(720).atMs });
    for (let epochs = 1; epochs <= 3; epochs++) {
      for (let request = 0; request < 50; request++) see(a, turnAt(0), 1 + request / 10);
      await a.turn(turnAt(epochs));
    }
    const { epoch, lambda } = a.pacingIn(turnAt(3).account);
    expect(epoch).toBeGreaterThan(turnAt(720).epoch);
    expect(lambda).toBeLessThan(PRICE_MAX);
  });
});

describe("a board that is down", () => {
  test("leaves the prices as they are, and is told later what was seen meanwhile", async () => {
    const board = await tempBoard();
    const prices = pricesOn(board);
    await prices.turn(turnAt(0));
    for (let request = 0; request < 50; request++) see(prices, turnAt(0), 1 + request / 10);
    await prices.turn(turnAt(1));
    const before = prices.pacingIn(turnAt(1).account);
    board.state = "down";
    for (let epochs = 2; epochs <= 4; epochs++) {
      for (let request = 0; request < 50; request++) see(prices, turnAt(1), 1 + request / 10);
      await expect(prices.turn(turnAt(epochs))).rejects.toMatchObject({ code: "ledger_unavailable" });
      expect(prices.pacingIn(turnAt(1).account)).toEqual(before);
    }
    board.state = "up";
    await prices.turn(turnAt(5));
    expect(prices.arrived.arrivals).toBe(200);
    expect(prices.pacingIn(turnAt(5).account).epoch).toBe(turnAt(5).epoch);
  });
});

describe("from one day to the next", () => {
  /** Requests at noon, and few at all other hours; a turn every half hour. */
  async function playDay(prices: PoolPrices, day: number): Promise<void> {
    for (let halfHour = 0; halfHour < 48; halfHour++) {
      const turn = turnAt((day * DAY_MS) / EPOCH_MS + (halfHour * 1_800_000) / EPOCH_MS);
      await prices.turn(turn);
      const requests = halfHour === 24 || halfHour === 25 ? 300 : 5;
      for (let request = 0; request < requests; request++) see(prices, turn, 1 + (request % 5));
    }
  }

  test("what was learned is carried over: how many come, when, and what they want", async () => {
    const board = await tempBoard();
    const prices = pricesOn(board);
    await playDay(prices, 0);
    expect(prices.arrived.expected).toBeNull();
    await playDay(prices, 1);
    // 830 on Monday, the requests of the last half hour among them; hours shrink to their mean by half.
    expect(prices.arrived.expected).toBeGreaterThan(700);
    expect(prices.arrived.expected).toBeLessThan(831);
    const tuesday = turnAt(DAY_MS / EPOCH_MS);
    expect(prices.arrived.arrivals).toBe(825);
    // Another replica that comes on Wednesday knows at once what to ask: it is not cold.
    const other = pricesOn(board);
    const wednesday = turnAt((2 * DAY_MS) / EPOCH_MS);
    await prices.turn(wednesday);
    await other.turn(wednesday);
    expect(other.pacingIn(wednesday.account).lambda).toBeLessThan(PRICE_MAX);
    expect(other.pacingIn(tuesday.account).lambda).toBe(PRICE_MAX);
    expect(other.arrived).toMatchObject({ arrivals: 0, expected: prices.arrived.expected });
    expect(other.arrived.expected).toBeGreaterThan(750);
  });

  test("each day counts what was seen in it, whenever that is told", async () => {
    const board = await tempBoard();
    const prices = pricesOn(board);
    const [first, last] = [turnAt(0), turnAt(DAY_MS / EPOCH_MS - 1)];
    const next = turnAt(DAY_MS / EPOCH_MS);
    await prices.turn(first);
    for (let request = 0; request < 30; request++) see(prices, last, 2);
    for (let request = 0; request < 7; request++) see(prices, next, 2);
    await prices.turn(next);
    expect(prices.arrived.arrivals).toBe(7);
    expect((await board.add(last.account, {}))[ARRIVALS]).toBe(30);
    // Set back to Monday, and on to Tuesday again.
    await prices.turn(last);
    expect(prices.arrived.arrivals).toBe(30);
    for (let request = 0; request < 2; request++) see(prices, last, 2);
    await prices.turn(next);
    await prices.turn(last);
    expect(prices.arrived.arrivals).toBe(32);
  });
});

test("requests that a reload overtook are counted beside those of the new version, and neither twice", async () => {
  const board = await tempBoard();
  const prices = pricesOn(board);
  const versions = [program, pooled("pool", {}, { version: 2 })] as const;
  for (const deciding of [versions[0], versions[1], versions[0], versions[1], versions[0]]) {
    const situation = situationWith(deciding);
    prices.observe(turnAt(0).account, situation, { decision: decide(situation), chargedMicros: 7 });
  }
  await prices.turn(turnAt(1));
  await prices.turn(turnAt(2));
  expect(await board.add(turnAt(0).account, {})).toMatchObject({ [ARRIVALS]: 5, "used:budget": 35 });
});

test("prices of volumes are those of the replica that publishes them, and the others decide at them", async () => {
  const board = await tempBoard();
  const terms = { ...TERMS, volumes: { "channel:email": 100 } };
  const [a, b] = [pricesOn(board), pricesOn(board)];
  for (const prices of [a, b]) prices.adopt({ programs: [program], terms });
  const turn = (epochs: number) =>
    turnAt(epochs, { remainingMicros: 1e15, remainingVolumes: { "channel:email": 100 } });
  for (let epochs = 0; epochs < 4; epochs++) {
    await a.turn(turn(epochs));
    await b.turn(turn(epochs));
    for (let request = 0; request < 100; request++) see(request % 2 === 0 ? a : b, turn(0), 1 + request / 100);
    await board.idle();
  }
  const { mu, lambda } = a.pacingIn(turn(0).account);
  // Money is no object, and next to nobody of those who come all day can have one of 100.
  expect(lambda).toBe(0);
  expect(mu["channel:email"]).toBeGreaterThan(1.9);
  expect(b.pacingIn(turn(0).account)).toEqual(a.pacingIn(turn(0).account));
});
