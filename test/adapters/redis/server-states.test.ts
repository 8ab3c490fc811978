/** What a real server says when it runs and yet cannot serve. */
import { rm } from "node:fs/promises";
import { inspect } from "node:util";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { LiftgateError } from "../../../src/core/errors.ts";
import type { FeatureStore } from "../../../src/core/ports.ts";
import { contractOf } from "../../contracts/feature-store.ts";
import type { RedisServer } from "../../support/redis-server.ts";
import { expectUnavailable, observe, operator, ownServer, RECOVERY_MS, within } from "./observed-connection.ts";

const contract = contractOf("churn", 2);
const row = { userId: "u1", contract, observedAtMs: 7, values: Float32Array.of(1, Number.NaN) };
const found = { kind: "found", observedAtMs: 7, values: Float32Array.of(1, Number.NaN) };

test("a wrong password is told without the password", async () => {
  const server = await ownServer(["--requirepass", "right"]);
  const { store } = await observe(`redis://someone:hush-hush@127.0.0.1:${server.port}`);
  const error = await store.read("u1", [contract]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LiftgateError);
  expect(inspect(error, { depth: 10, showHidden: true })).toContain("WRONGPASS");
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("hush-hush");
});

test("an account that may not read is down, and up once it may", async () => {
  const server = await ownServer();
  const redis = operator(server);
  await redis.acl("SETUSER", "liftgate", "on", ">pw", "~liftgate:*", "+@connection", "+info");
  const { connection, store, reach, states } = await observe(`redis://liftgate:pw@127.0.0.1:${server.port}`);
  expect(connection.state).toBe("down");
  await expectUnavailable(store.read("u1", [contract]), "NOPERM");
  for (const rights of [
    ["-eval", "-evalsha", "+getrange"],
    ["+eval", "+evalsha", "-getrange"],
  ]) {
    await redis.acl("SETUSER", "liftgate", "+get", "+set", ...rights);
    const tried = await observe(`redis://liftgate:pw@127.0.0.1:${server.port}`);
    expect(tried.connection.state, rights.join(" ")).toBe("down");
    tried.connection.close();
  }
  expect(states).toEqual([]);
  await redis.acl("SETUSER", "liftgate", "-get", "+eval", "+evalsha", "+getrange", "+set");
  await within(RECOVERY_MS, reach("up"));
  await store.write([row]);
  expect(await store.read("u1", [contract])).toEqual([found]);
});

test.for([
  {
    name: "READONLY",
    spoil: (redis: Redis) => redis.replicaof("127.0.0.1", 1),
    repair: (redis: Redis) => redis.replicaof("NO", "ONE"),
  },
  {
    name: "OOM",
    spoil: (redis: Redis) => redis.config("SET", "maxmemory", "1"),
    repair: (redis: Redis) => redis.config("SET", "maxmemory", "0"),
  },
  {
    name: "MISCONF",
    spoil: failSaving,
    repair: (redis: Redis) => redis.config("SET", "stop-writes-on-bgsave-error", "no"),
  },
])("$name: writes are refused, reads go on, and repair needs no restart", async ({ name, spoil, repair }) => {
  const server = await ownServer();
  const { store, reach, states } = await observe(server.url);
  await store.write([row]);
  const redis = operator(server);
  const connectionsBefore = await connectionsReceived(redis);
  await spoil(redis, server);
  for (let i = 0; i < 20; i++) {
    await reach("up");
    await expectUnavailable(store.write([row]), name);
  }
  await within(RECOVERY_MS, reach("up"));
  expect(await store.read("u1", [contract])).toEqual([found]);
  // A replica is left once, to find the new primary; a full server is not left.
  expect((await connectionsReceived(redis)) - connectionsBefore).toBe(name === "READONLY" ? 1 : 0);
  expect(states).toEqual(name === "READONLY" ? ["up", "down", "up"] : ["up"]);
  await repair(redis);
  await store.write([{ ...row, observedAtMs: 8 }]);
  expect(await store.read("u1", [contract])).toEqual([{ ...found, observedAtMs: 8 }]);
});

test("a server that loads its data is down, and up once it has", async () => {
  const server = await ownServer(["--enable-debug-command", "yes", "--loading-process-events-interval-bytes", "1024"]);
  const { store, reach, states } = await observe(server.url);
  await store.write([row]);
  const [loader, redis] = [operator(server), operator(server)];
  await loader.call("DEBUG", "POPULATE", "1000", "filler", "100");
  await redis.config("SET", "key-load-delay", "500");
  const loaded = loader.call("DEBUG", "RELOAD");
  const reasons = new Set<string>();
  const end = loaded.then(() => "loaded");
  while ((await Promise.race([end, oneRead(store, reasons)])) !== "loaded");
  expect([...reasons]).toEqual([expect.stringContaining("LOADING")]);
  await within(RECOVERY_MS, reach("up"));
  expect(states).toEqual(["up", "down", "up"]);
  expect(await store.read("u1", [contract])).toEqual([found]);
});

test("a server busy with a script is down, and up once the script is killed", async () => {
  const server = await ownServer(["--busy-reply-threshold", "1"]);
  const { connection, store, reach } = await observe(server.url);
  await store.write([row]);
  const [looper, killer] = [operator(server), operator(server)];
  await Promise.all([looper.ping(), killer.ping()]);
  const loop = looper.eval("while true do end", 0).catch((error: unknown) => error);
  while (await store.read("u1", [contract]).then(Boolean, () => false));
  for (let i = 0; i < 5; i++) await expectUnavailable(store.read("u1", [contract]), "BUSY");
  expect(connection.state).toBe("down");
  await killer.script("KILL");
  await loop;
  await within(RECOVERY_MS, reach("up"));
  expect(await store.read("u1", [contract])).toEqual([found]);
});

async function oneRead(store: FeatureStore, reasons: Set<string>): Promise<void> {
  await store.read("u1", [contract]).catch((error: unknown) => reasons.add(String(error)));
  await new Promise(setImmediate);
}

async function failSaving(redis: Redis, server: RedisServer): Promise<void> {
  await redis.config("SET", "save", "3600 1");
  await rm(server.dir, { recursive: true });
  await redis.bgsave();
  while (!/rdb_last_bgsave_status:err/.test(await redis.info("persistence")));
}

async function connectionsReceived(redis: Redis): Promise<number> {
  return Number(/total_connections_received:(\d+)/.exec(await redis.info("stats"))?.[1]);
}
