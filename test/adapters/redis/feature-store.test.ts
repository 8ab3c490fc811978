import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { packRow } from "../../../src/adapters/packed/packed-row.ts";
import { contractOf, describeFeatureStore } from "../../contracts/feature-store.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { observe, operator, ownServer } from "./observed-connection.ts";

const contract = contractOf("churn", 2);
const other = contractOf("value", 2);
const row = { userId: "u1", contract, observedAtMs: 7, values: Float32Array.of(1, Number.NaN) };
const found = { kind: "found", observedAtMs: 7, values: Float32Array.of(1, Number.NaN) };
const KEY = "liftgate:{u1}:features:churn";

let server: RedisServer;
let flusher: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  flusher = new Redis(server.url);
});
afterAll(async () => {
  flusher.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await flusher.flushall();
});

describeFeatureStore("Redis", async () => (await observe(server.url)).store);

test("a row is stored as packed bytes", async () => {
  const { store } = await observe(server.url);
  await store.write([row]);
  expect(await operator(server).getBuffer(KEY)).toEqual(Buffer.from(packRow(row)));
});

test("all keys of a user have the user's cluster slot", async () => {
  const { store } = await observe(server.url);
  await store.write([row, { ...row, contract: other }]);
  const keys = await operator(server).keys("*");
  expect(keys).toHaveLength(2);
  const clusterNode = operator(await ownServer(["--cluster-enabled", "yes"]));
  const slots = await Promise.all([...keys, "u1"].map((key) => clusterNode.cluster("KEYSLOT", key)));
  expect(new Set(slots).size).toBe(1);
});

test("a key of another type is a mismatch for its set only and no outage", async () => {
  const { store, connection } = await observe(server.url);
  await store.write([{ ...row, contract: other }]);
  await operator(server).rpush(KEY, "a list");
  for (let i = 0; i < 20; i++) expect(await store.read("u1", [contract, other])).toEqual([{ kind: "mismatch" }, found]);
  expect(connection.state).toBe("up");
  await store.write([row]);
  expect(await store.read("u1", [contract])).toEqual([found]);
});

test("a poisoned value of any size is a mismatch and costs no more than a row", async () => {
  const { store } = await observe(server.url);
  const redis = operator(server);
  const packed = Buffer.from(packRow(row));
  for (const poison of [
    "x",
    "{}",
    packed.subarray(1),
    Buffer.concat([packed, Buffer.of(0)]),
    Buffer.alloc(8 * 1024 * 1024),
  ]) {
    await redis.set(KEY, poison);
    const before = await sentBytes(redis);
    expect(await store.read("u1", [contract])).toEqual([{ kind: "mismatch" }]);
    expect((await sentBytes(redis)) - before).toBeLessThan(64 * 1024);
  }
});

test("reads of many users share round trips", async () => {
  const { store } = await observe(server.url);
  const users = Array.from({ length: 64 }, (_, i) => `u${i}`);
  await store.write(users.map((userId) => ({ ...row, userId })));
  const redis = operator(server);
  const before = await readEvents(redis);
  await Promise.all(users.map((userId) => store.read(userId, [contract, other])));
  const events = (await readEvents(redis)) - before;
  // 128 commands; the server reads a socket once for each event, and this client's own INFO is one.
  expect(events).toBeLessThanOrEqual(8);
});

/** Bytes the server has sent to all its clients. */
async function sentBytes(redis: Redis): Promise<number> {
  return infoNumber(await redis.info("stats"), "total_net_output_bytes");
}

/** How often the server read from a socket. */
async function readEvents(redis: Redis): Promise<number> {
  return infoNumber(await redis.info("stats"), "total_reads_processed");
}

function infoNumber(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1]);
}
