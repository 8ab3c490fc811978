import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RedisPacingBoard } from "../../../src/adapters/redis/pacing-board.ts";
import { ACCOUNT, describePacingBoard } from "../../contracts/pacing-board.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { observe } from "./observed-connection.ts";

let server: RedisServer;
let operator: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  operator = new Redis(server.url);
});
afterAll(async () => {
  operator.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await operator.flushall();
});

async function openBoard(): Promise<RedisPacingBoard> {
  return new RedisPacingBoard((await observe(server.url)).connection);
}

describePacingBoard("Redis", async () => [await openBoard(), await openBoard()]);

test("all keys of a budget have the budget's cluster slot, and end some time", async () => {
  const board = await openBoard();
  await board.add(ACCOUNT, { arrivals: 1 });
  await board.publish(ACCOUNT, { name: "prices", rank: 1, body: "{}" });
  const keys = await operator.keys("*");
  expect(keys.map((key) => /\{(.*?)\}/.exec(key)?.[1])).toEqual(["spring-mail", "spring-mail"]);
  for (const key of keys) expect(await operator.pttl(key)).toBeGreaterThan(39 * 86_400_000);
});

test.each(["sums", "documents"])("%s of another type are refused whole, and nothing is changed", async (part) => {
  const board = await openBoard();
  const key = `liftgate:{spring-mail}:pacing:${ACCOUNT.period}:${part}`;
  await operator.set(key, "poison");
  const call =
    part === "sums" ? board.add(ACCOUNT, { a: 1 }) : board.publish(ACCOUNT, { name: "a", rank: 1, body: "" });
  await expect(call).rejects.toMatchObject({
    code: "ledger_unavailable",
    message: "The pacing board cannot be reached: Redis replied WRONGTYPE",
  });
  expect(await operator.get(key)).toBe("poison");
});

test("a document that was tampered with is an outage that names it", async () => {
  const board = await openBoard();
  await operator.hset(`liftgate:{spring-mail}:pacing:${ACCOUNT.period}:documents`, "prices", "x");
  await expect(board.read(ACCOUNT, "prices")).rejects.toMatchObject({
    code: "ledger_unavailable",
    message: expect.stringContaining("prices"),
  });
});
