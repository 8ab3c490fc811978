import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { historyKey, placeLine, PLACES_KEY } from "../../../src/adapters/redis/history-entry.ts";
import { openRedis } from "../../../src/adapters/redis/connection.ts";
import type { HistoryCalls, HistoryReply, RowCalls } from "../../../src/adapters/redis/turn-command.ts";
import { TurnReader } from "../../../src/adapters/redis/turn-reader.ts";
import { NOW_MS, placeOf } from "../../support/offers.ts";
import { observe, operator, ownServer } from "./observed-connection.ts";

const HISTORY_X = historyKey({ scope: "user", id: "x" });

async function reader() {
  const server = await ownServer();
  const redis = operator(server);
  return { server, redis, reader: new TurnReader((await observe(server.url)).connection) };
}

test("every read of a turn gets its own rows, and 256 keys share a command", async () => {
  const { redis, reader: rows } = await reader();
  const keys = Array.from({ length: 600 }, (_, i) => `k${i}`);
  await redis.mset(keys.flatMap((key) => [key, `row of ${key}`]));
  const before = await evals(redis);
  const read = await Promise.all(keys.map((key) => rows.rows({ keys: [key], bytesMax: [20] })));
  expect(read.map(([row]) => String(row))).toEqual(keys.map((key) => `row of ${key}`));
  expect((await evals(redis)) - before).toBe(3);
});

test("reads of several keys keep their order and stay in one command; the next turn is another", async () => {
  const { redis, reader: rows } = await reader();
  await redis.mset("a", "A", "b", "B", "c", "C");
  const before = await evals(redis);
  const [first, second] = await Promise.all([rows.rows(short("b", "nobody", "a")), rows.rows(short("c", "b"))]);
  expect(first.map(String)).toEqual(["B", "", "A"]);
  expect(second.map(String)).toEqual(["C", "B"]);
  expect((await rows.rows(short("c"))).map(String)).toEqual(["C"]);
  expect((await evals(redis)) - before).toBe(2);
});

test("a long value is cut to what its read asks for; a key of another type is null", async () => {
  const { redis, reader: rows } = await reader();
  await redis.set("long", "x".repeat(10_000));
  await redis.rpush("list", "an item");
  const [[long], [list]] = await Promise.all([rows.rows({ keys: ["long"], bytesMax: [3] }), rows.rows(short("list"))]);
  expect(long).toHaveLength(3);
  expect(list).toBeNull();
});

test("values of any length come as they are", async () => {
  const { redis, reader: turns } = await reader();
  const values = [0, 1, 31, 32, 255, 256, 65_535, 65_536].map((length) => Buffer.alloc(length, 0xc2));
  await redis.mset(values.flatMap((value, i) => [`k${i}`, value]));
  await redis.set(HISTORY_X, "x".repeat(70_000));
  const [rows, histories] = await Promise.all([
    turns.rows({ keys: values.map((_, i) => `k${i}`), bytesMax: values.map(() => 70_000) }),
    turns.histories(only("x", "nobody"), asIs, rethrow),
  ]);
  expect(rows.map((row, i) => row?.equals(values[i] ?? Buffer.alloc(1)))).toEqual(values.map(() => true));
  expect(histories).toEqual(["x".repeat(70_000), ""]);
});

test("rows and histories of a turn share a command, and each read gets its own", async () => {
  const { redis, reader: turns } = await reader();
  await redis.mset("a", "A", "b", "B");
  await redis.set(HISTORY_X, "an offer\n");
  for (const key of ["list", historyKey({ scope: "user", id: "list" })]) await redis.rpush(key, "an item");
  const before = await evals(redis);
  const place = placeLine(placeOf(2));
  const read = await Promise.all([
    turns.histories({ asked: ["user:x", `user:y ${place}`], atMs: NOW_MS }, asIs, rethrow),
    turns.rows(short("a")),
    turns.histories(only("list", "x"), asIs, rethrow),
    turns.rows(short("list", "b")),
    turns.histories(only("y"), asIs, rethrow),
  ]);
  expect(read).toEqual([
    ["an offer\n", ""],
    [Buffer.from("A")],
    [null, "an offer\n"],
    [null, Buffer.from("B")],
    [`${place}\n`],
  ]);
  expect((await evals(redis)) - before).toBe(1);
});

test("a history is its offers and after them its places, and each read has it as it decodes it", async () => {
  const { redis, reader: turns } = await reader();
  await redis.mset(HISTORY_X, "an offer\n", historyKey({ scope: "user", id: "y" }), "another\n");
  await redis.hset(PLACES_KEY, "user:x", "a place\n", "user:z", "a place alone\n");
  const read = await Promise.all([
    turns.histories(only("x", "y", "z"), String, rethrow),
    turns.histories(only("x"), (reply) => String(reply).length, rethrow),
  ]);
  expect(read).toEqual([["an offer\na place\n", "another\n", "a place alone\n"], [17]]);
});

test("of all places that are taken in a turn the latest says what is outlived", async () => {
  const { redis, reader: turns } = await reader();
  const [over, next, ...taken] = [0, 1, 9, 9, 9].map(
    (ms, n) => `${placeLine(placeOf(n, { keepUntilMs: NOW_MS + ms }))}\n`,
  );
  await redis.hset(PLACES_KEY, "user:x", `${over}${next}`);
  const takes = [NOW_MS - 1, NOW_MS, NOW_MS - 1].map((atMs, n) =>
    turns.histories({ asked: [`user:x ${taken[n]?.trimEnd()}`], atMs }, asIs, rethrow),
  );
  expect(await Promise.all(takes)).toEqual([[next], [`${next}${taken[0]}`], [`${next}${taken[0]}${taken[1]}`]]);
});

test("32 histories share a command, whatever rows are read with them", async () => {
  const { redis, reader: turns } = await reader();
  const before = await evals(redis);
  const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
  await Promise.all(
    keys.map((key) => Promise.all([turns.rows(short(key)), turns.histories(only(key), asIs, rethrow)])),
  );
  expect((await evals(redis)) - before).toBe(10);
});

test("what is full goes before the turn ends", async () => {
  const server = await ownServer();
  const { connection } = await observe(server.url);
  const turns = new TurnReader(connection);
  const commands = vi.spyOn(connection, "run");
  const users = Array.from({ length: 33 }, (_, i) => `u${i}`);
  const reads = users.map((user) => turns.histories(only(user), asIs, rethrow));
  await Promise.resolve();
  expect(commands).toHaveBeenCalledTimes(1);
  expect(await Promise.all(reads)).toEqual(users.map(() => [""]));
  expect(commands).toHaveBeenCalledTimes(2);
});

test("a place that is left late goes with what is read in that turn, and alone where nothing is", async () => {
  const { redis, reader: turns } = await reader();
  const { decisionId } = placeOf(0);
  await redis.mset("a", "A");
  for (const keys of [["a"], []]) {
    await redis.hset(PLACES_KEY, "user:x", `${placeLine(placeOf(0))}\n`);
    const before = await evals(redis);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    turns.settlements.leave(decisionId, [{ scope: "user", id: "x" }]);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    await Promise.all(keys.map((key) => turns.rows(short(key))));
    await expect.poll(() => redis.exists(PLACES_KEY)).toBe(0);
    expect((await evals(redis)) - before).toBe(1);
  }
});

test("what may not be read fails for all who asked in that turn, and for nobody else", async () => {
  const { server, redis } = await reader();
  await redis.acl(
    "SETUSER",
    "some",
    "on",
    ">pw",
    "~mine:*",
    "~liftgate:*",
    "+@connection",
    "+info",
    "+get",
    "+eval",
    "+evalsha",
    "+getrange",
  );
  const connection = await openRedis({
    url: `redis://some:pw@127.0.0.1:${server.port}`,
    timeoutMs: 2_000,
    now: () => performance.now(),
    onState: () => undefined,
  });
  onTestFinished(() => connection.close());
  const rows = new TurnReader(connection);
  const together = await Promise.allSettled([rows.rows(short("mine:1")), rows.rows(short("theirs:1"))]);
  expect(together.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await rows.rows(short("mine:1"))).map(String)).toEqual([""]);
});

test("a history that may not be read is its own trouble, and no row's", async () => {
  const { server, redis } = await reader();
  await redis.acl("SETUSER", "some", "on", ">pw", "~*", "+@connection", "+info", "+eval", "+evalsha", "+getrange");
  const { connection } = await observe(`redis://some:pw@127.0.0.1:${server.port}`);
  const turns = new TurnReader(connection);
  const [rows, histories] = await Promise.all([turns.rows(short("a")), turns.histories(only("x", "y"), asIs, rethrow)]);
  expect(rows.map(String)).toEqual([""]);
  expect(histories).toEqual([expect.any(Error), expect.any(Error)]);
});

function only(...users: readonly string[]): HistoryCalls {
  return { asked: users.map((id) => `user:${id}`), atMs: 0 };
}

function rethrow(error: unknown): never {
  throw error;
}

function asIs(reply: HistoryReply): HistoryReply {
  return reply;
}

function short(...keys: readonly string[]): RowCalls {
  return { keys, bytesMax: keys.map(() => 8) };
}

/** Scripts that the server has run. */
async function evals(redis: Redis): Promise<number> {
  const stats = await redis.info("commandstats");
  const done = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+),.*failed_calls=(\d+)/g)];
  return done.reduce((sum, [, calls, failed]) => sum + Number(calls) - Number(failed), 0);
}
