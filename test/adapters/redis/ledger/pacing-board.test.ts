import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RedisPacingBoard } from "../../../../src/adapters/redis/ledger/pacing-board.ts";
import { describePacingBoard } from "../../../contracts/pacing-board.ts";
import { type RedisServer, startRedisServer } from "../../../support/redis-server.ts";
import { observe } from "../observed-connection.ts";

const BOARD = { budget: "summer", name: "histogram" };
const KEY = "liftgate:{summer}:pacing:histogram";

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

const create = async () => new RedisPacingBoard((await observe(server.url)).connection);
describePacingBoard("Redis", create);

test("a board is kept for ninety days after the last turn, prices for an hour", async () => {
  const board = await create();
  await board.exchange(BOARD, { writer: { replica: "a", life: 1 }, turn: 1, size: 2, added: [[1, 3]] });
  await board.publish(BOARD, 7, "{}");
  expect((await redis.pttl(KEY)) / 86_400_000).toBeCloseTo(90, 2);
  expect((await redis.pttl(`${KEY}:epoch:7`)) / 3_600_000).toBeCloseTo(1, 2);
});

test("a key of another type and a server that is down are told", async () => {
  const board = await create();
  await redis.set(KEY, "not a board");
  const delta = { writer: { replica: "a", life: 1 }, turn: 1, size: 2, added: [] };
  const unavailable = (reason: string) => ({ code: "ledger_unavailable", message: expect.stringContaining(reason) });
  await expect(board.exchange(BOARD, delta)).rejects.toMatchObject(unavailable("WRONGTYPE"));
  await using own = await startRedisServer();
  const { connection, reach } = await observe(own.url);
  await own.kill();
  await reach("down");
  const lonely = new RedisPacingBoard(connection);
  await expect(lonely.read(BOARD, 1)).rejects.toMatchObject({ code: "ledger_unavailable" });
  await expect(lonely.publish(BOARD, 1, "{}")).rejects.toMatchObject({ code: "ledger_unavailable" });
});
