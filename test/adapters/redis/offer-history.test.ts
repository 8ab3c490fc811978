import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { offerText, placeText } from "../../../src/adapters/redis/history-entry.ts";
import { ENTRIES_MAX, type History, type Subject } from "../../../src/core/domain/offer.ts";
import type { HistoryRead } from "../../../src/core/ports.ts";
import { contractOf } from "../../contracts/feature-store.ts";
import { describeOfferHistory } from "../../contracts/offer-history.ts";
import { expectModelled } from "../../contracts/offer-history-model.ts";
import { cluster, DAY_MS, idOf, keptOf, NOW_MS, placeOf, settlementOf, user } from "../../support/offers.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { observe, operator, ownServer, RECOVERY_MS, within } from "./observed-connection.ts";

const KEY = "liftgate:{u1}:user-offers";
const CLUSTER_KEY = "liftgate:{u1}:cluster-offers";
const contract = contractOf("churn", 2);
const both = [user, cluster];
const somebody: Subject = { scope: "user", id: "u2" };

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

describeOfferHistory("Redis", async () => [(await observe(server.url)).history, (await observe(server.url)).history]);

test("Redis does what the model does", async () => {
  const replicas = [(await observe(server.url)).history, (await observe(server.url)).history] as const;
  const view = (i: 0 | 1) => ({ history: replicas[i], again: async () => view(i === 0 ? 1 : 0) });
  await expectModelled(
    async () => {
      await flusher.flushall();
      return view(0);
    },
    150,
    "places stay",
  );
});

test("a history is a hash with a line of text for each decision", async () => {
  const { history } = await observe(server.url);
  await history.take(placeOf(1), both, NOW_MS);
  await history.take(placeOf(2), both, NOW_MS);
  await history.settle(settlementOf(1, keptOf(1), { subjects: both }));
  await history.settle(settlementOf(3, keptOf(3, { channel: null })));
  await history.read(both);
  // By hand: noon of 25 November 2026, of the 26th, and of 25 December.
  const first = {
    "019aa8e1-7d2c-7b0e-9d5c-000000000001": "1798200000000 reactivation voucher_5 1795608000000 1795694400000 email",
    "019aa8e1-7d2c-7b0e-9d5c-000000000002": "1798200000000 reactivation",
  };
  expect(await flusher.hgetall(CLUSTER_KEY)).toEqual(first);
  expect(await flusher.hgetall(KEY)).toEqual({
    ...first,
    "019aa8e1-7d2c-7b0e-9d5c-000000000003": "1798200000000 reactivation voucher_5 1795608000000 1795694400000",
  });
});

test("a history goes by itself when its last entry is not needed any more", async () => {
  const { history } = await observe(server.url);
  const keptFor = (days: number) => ({ keepUntilMs: NOW_MS + days * DAY_MS });
  const takeFor = async (n: number, days: number) => {
    await history.take(placeOf(n, keptFor(days)), [user], NOW_MS);
    return await daysLeft();
  };
  const settle = async (n: number, days: number | null) => {
    await history.settle(settlementOf(n, days === null ? null : keptOf(n, keptFor(days))));
    await history.read([user]);
    return await daysLeft();
  };
  expect(await takeFor(1, 30)).toBe(30);
  expect(await takeFor(2, 2)).toBe(30);
  expect(await takeFor(3, 60)).toBe(60);
  expect(await settle(1, 90)).toBe(90);
  expect(await settle(2, 2)).toBe(90);
  expect(await settle(1, null)).toBe(90);
  expect(await settle(3, null)).toBe(90);
  await settle(2, null);
  expect(await flusher.exists(KEY)).toBe(0);
  expect(await settle(4, 30)).toBe(30);
});

test("how long a history stays is no matter of Redis' clock", async () => {
  const { history } = await observe(server.url);
  await history.take(placeOf(1, { keepUntilMs: DAY_MS }), [user], 0);
  expect(await daysLeft()).toBe(1);
  await history.settle(settlementOf(1, keptOf(1, { decidedAtMs: 0, keepUntilMs: 3 * DAY_MS }), { atMs: DAY_MS }));
  await history.read([user]);
  expect(await daysLeft()).toBe(2);
});

test("a user's history has the cluster slot of their features", async () => {
  const { history, store } = await observe(server.url);
  await history.take(placeOf(1), both, NOW_MS);
  await store.write([{ userId: "u1", contract, observedAtMs: 1, values: Float32Array.of(1, 2) }]);
  const keys = await flusher.keys("*");
  expect(keys).toHaveLength(3);
  const clusterNode = operator(await ownServer(["--cluster-enabled", "yes"]));
  const slots = await Promise.all(keys.map((key) => clusterNode.cluster("KEYSLOT", key)));
  expect(new Set(slots).size).toBe(1);
});

test("histories, places and features of a turn share one command", async () => {
  const { history, store } = await observe(server.url);
  const before = await evals();
  await Promise.all(
    users(32).map(({ id }, n) =>
      Promise.all([
        store.read(id, [contract]),
        history.take(placeOf(n), [{ scope: "user", id }], NOW_MS),
        history.read([{ scope: "cluster", id }]),
      ]),
    ),
  );
  expect((await evals()) - before).toBe(1);
  expect(await flusher.keys("*")).toHaveLength(32);
});

test("settlements are gathered: 256 share a command, and closing sends the rest", async () => {
  const { history } = await observe(server.url);
  const before = await evals();
  await Promise.all(
    users(600).map((subject, n) => history.settle(settlementOf(n, keptOf(n), { subjects: [subject] }))),
  );
  await history.close();
  expect((await evals()) - before).toBe(3);
  expect(await flusher.keys("*")).toHaveLength(600);
});

test("a settlement that nobody asks for is in Redis all the same", async () => {
  const { history } = await observe(server.url);
  await history.settle(settlementOf(1, keptOf(1)));
  while ((await flusher.exists(KEY)) === 0);
  expect(await flusher.hgetall(KEY)).toEqual({ [idOf(1)]: offerText(keptOf(1)) });
});

test("a replica finds what it settled, in a history that it reads, takes a place in or forgets", async () => {
  const { history } = await observe(server.url);
  const before = await evals();
  await history.settle(settlementOf(1, keptOf(1)));
  expect(await history.read([user])).toEqual([found({ offers: [keptOf(1)] })]);
  await history.settle(settlementOf(2, keptOf(2)));
  const [taken] = await history.take(placeOf(3), [user], NOW_MS);
  expect(taken).toMatchObject({ kind: "found", history: { offers: { length: 2 }, places: [] } });
  expect((await evals()) - before).toBe(2);
  await history.settle(settlementOf(3, keptOf(3)));
  await history.forget(user);
  expect(await history.read([user])).toEqual([found()]);
  await history.close();
  expect(await flusher.exists(KEY)).toBe(0);
});

const SOUND = "1798200000000 reactivation voucher_5 1795608000000 1795694400000 email";
const MIB_8 = "x".repeat(8 * 1024 * 1024);
/** From here on, no poison has an entry of a decision. */
const FREE = 80_000;
type Poison = readonly [name: string, put: (redis: Redis) => Promise<unknown>];

const OTHER_TYPES: readonly Poison[] = [
  ["text", (redis) => redis.set(KEY, SOUND)],
  ["8 MiB of text", (redis) => redis.set(KEY, MIB_8)],
  ["a list", (redis) => redis.rpush(KEY, idOf(1), SOUND)],
  ["a set", (redis) => redis.sadd(KEY, idOf(1))],
];
const TOO_MUCH: readonly Poison[] = [
  ["an entry more than a history holds", (redis) => redis.hset(KEY, entries(ENTRIES_MAX + 1))],
  ["8 MiB of entries", (redis) => redis.hset(KEY, entries(FREE))],
];
const NO_ENTRIES: readonly Poison[] = [
  ["a hash with a field that is no decision's id", hash({ name: SOUND })],
  ["an entry beside a field that is no decision's id", hash({ ...entries(1), name: SOUND })],
  ["an entry of 8 MiB", hash({ [idOf(1)]: MIB_8 })],
  ["a field of 8 MiB", hash({ [MIB_8]: SOUND })],
  ["an entry without text", hash({ [idOf(1)]: "" })],
  ["JSON", hash({ [idOf(1)]: "{}" })],
  ["an offer that was cut", hash({ [idOf(1)]: SOUND.slice(0, SOUND.indexOf(" 1795694400000")) })],
  ["an instant that is no number", hash({ [idOf(1)]: SOUND.replace("1798200000000", "NaN") })],
  ["an instant before 1970", hash({ [idOf(1)]: SOUND.replace("1798200000000", "-1") })],
  ["an instant in fractions", hash({ [idOf(1)]: SOUND.replace("1795694400000", "1795694400000.5") })],
  ["a name that no program has", hash({ [idOf(1)]: SOUND.replace("email", "Email") })],
  ["a name in another alphabet", hash({ [idOf(1)]: SOUND.replace("email", "\u00e9mail") })],
];

test.for([...OTHER_TYPES, ...TOO_MUCH, ...NO_ENTRIES])(
  "%s is a mismatch that stays as it is and is in nobody's way, until it is forgotten",
  async ([, put]) => {
    const { history, connection } = await observe(server.url);
    await put(flusher);
    const before = await contents(flusher);
    const sent = await sentBytes();
    expect(await history.read(both)).toEqual([MISMATCH, found()]);
    expect(await history.take(placeOf(FREE), both, NOW_MS)).toEqual([MISMATCH, found()]);
    expect((await sentBytes()) - sent).toBeLessThan(128 * 1024);
    await history.settle(settlementOf(FREE, null, { subjects: both }));
    await history.settle(settlementOf(FREE + 1, keptOf(FREE + 1), { subjects: [cluster] }));
    await history.close();
    expect(before.equals(await contents(flusher))).toBe(true);
    expect(await flusher.hgetall(CLUSTER_KEY)).toEqual({ [idOf(FREE + 1)]: SOUND });
    expect(connection.state).toBe("up");
    await history.forget(user);
    expect(await history.take(placeOf(FREE + 2), [user], NOW_MS)).toEqual([found()]);
    expect(await history.read([user])).toEqual([found({ places: [placeOf(FREE + 2)] })]);
  },
);

test.for([...OTHER_TYPES, ...TOO_MUCH])("in %s no place and no offer is put", async ([, put]) => {
  const { history } = await observe(server.url);
  await put(flusher);
  const before = await contents(flusher);
  await history.take(placeOf(FREE), both, NOW_MS);
  expect(before.equals(await contents(flusher))).toBe(true);
  await history.settle(settlementOf(FREE, keptOf(FREE), { subjects: both }));
  await history.close();
  expect(before.equals(await contents(flusher))).toBe(true);
  expect(await flusher.pttl(KEY)).toBe(-1);
  expect(await flusher.hgetall(CLUSTER_KEY)).toEqual({ [idOf(FREE)]: SOUND });
});

test("a key of another type is no outage, however often it is asked for", async () => {
  const { history, connection } = await observe(server.url);
  await flusher.rpush(KEY, "a list");
  for (let n = 0; n < 20; n++) {
    expect(await history.take(placeOf(n), [user], NOW_MS)).toEqual([MISMATCH]);
    await history.settle(settlementOf(n, null));
  }
  expect(connection.state).toBe("up");
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
])("$name: places are refused as trouble, reads go on, and settlements wait", async ({ name, spoil, repair }) => {
  const own = await ownServer();
  const redis = operator(own);
  const { history, store, reach } = await observe(own.url);
  await store.write([{ userId: "u1", contract, observedAtMs: 7, values: Float32Array.of(1, 2) }]);
  await history.take(placeOf(1), both, NOW_MS);
  await spoil(redis);
  for (let n = 2; n < 6; n++) {
    const turn = [store.read("u1", [contract]), history.read([user]), history.take(placeOf(n), both, NOW_MS)];
    const [features, read, taken] = await Promise.allSettled(turn);
    expect(features).toMatchObject({ status: "fulfilled", value: [{ kind: "found", observedAtMs: 7 }] });
    expect(read).toEqual({ status: "fulfilled", value: [found({ places: [placeOf(1)] })] });
    expect(taken).toMatchObject({
      status: "rejected",
      reason: { code: "cap_store_unavailable", message: expect.stringContaining(`Redis replied ${name}`) },
    });
  }
  await history.settle(settlementOf(1, keptOf(1), { subjects: both }));
  // It is said before the history is read, and refused.
  expect(await onceUp(reach, () => history.read([user]))).toEqual([found({ places: [placeOf(1)] })]);
  await repair(redis);
  while ((await redis.hget(KEY, idOf(1))) !== SOUND);
  expect(await onceUp(reach, () => history.take(placeOf(6), both, NOW_MS))).toEqual([
    found({ offers: [keptOf(1)] }),
    found({ offers: [keptOf(1)] }),
  ]);
  expect(await redis.hgetall(CLUSTER_KEY)).toEqual({ [idOf(1)]: SOUND, [idOf(6)]: placeText(placeOf(6)) });
});

test("an account that may read and not write takes no places, and its reads go on", async () => {
  const own = await ownServer();
  const redis = operator(own);
  await redis.hset(KEY, idOf(1), SOUND);
  const rights = ["~liftgate:*", "+@connection", "+info", "+eval", "+evalsha", "+getrange", "+hlen", "+hgetall"];
  await redis.acl("SETUSER", "reader", "on", ">pw", ...rights);
  const { history, store, states } = await observe(`redis://reader:pw@127.0.0.1:${own.port}`);
  for (let n = 2; n < 5; n++) {
    const turn = [store.read("u1", [contract]), history.read([user]), history.take(placeOf(n), [user], NOW_MS)];
    const [features, read, taken] = await Promise.allSettled(turn);
    expect(features).toEqual({ status: "fulfilled", value: [{ kind: "missing" }] });
    expect(read).toEqual({ status: "fulfilled", value: [found({ offers: [keptOf(1)] })] });
    expect(taken).toMatchObject({
      status: "rejected",
      reason: { code: "cap_store_unavailable", message: expect.stringMatching(/Redis replied [A-Z]+$/) },
    });
  }
  expect(states).toEqual(["up"]);
});

test("a server that is killed fails calls at once, and has what was settled meanwhile soon after it is back", async () => {
  const own = await ownServer(["--appendonly", "yes", "--appendfsync", "always"]);
  const { history, reach } = await observe(own.url);
  await history.take(placeOf(1), both, NOW_MS);
  await history.settle(settlementOf(1, keptOf(1), { subjects: both }));
  await history.take(placeOf(2), both, NOW_MS);
  const dying = history.take(placeOf(3), [user], NOW_MS).catch((error: unknown) => error);
  await own.kill();
  await dying;
  const calls = [history.take(placeOf(4), [user], NOW_MS), history.read([user]), history.forget(somebody)];
  for (const call of await Promise.allSettled(calls)) {
    expect(call).toMatchObject({ status: "rejected", reason: { code: "cap_store_unavailable" } });
  }
  await history.settle(settlementOf(2, keptOf(2), { subjects: both }));
  await history.settle(settlementOf(3, null));
  await history.settle(settlementOf(5, keptOf(5), { subjects: [cluster] }));
  await own.restart();
  await within(RECOVERY_MS, reach("up"));
  await history.close();
  const redis = operator(own);
  expect(await redis.hgetall(KEY)).toEqual({ [idOf(1)]: SOUND, [idOf(2)]: SOUND });
  expect(await redis.hgetall(CLUSTER_KEY)).toEqual({ [idOf(1)]: SOUND, [idOf(2)]: SOUND, [idOf(5)]: SOUND });
});

test("a history that is forgotten stays so, though a settlement of it waited for Redis to be back", async () => {
  const own = await ownServer();
  const { history, reach } = await observe(own.url);
  await own.kill();
  await history.settle(settlementOf(1, keptOf(1), { subjects: both }));
  await expect(history.read([user])).rejects.toMatchObject({ code: "cap_store_unavailable" });
  await own.restart();
  await within(RECOVERY_MS, reach("up"));
  await history.forget(user);
  await history.close();
  const redis = operator(own);
  expect([await redis.exists(KEY), await redis.exists(CLUSTER_KEY)]).toEqual([0, 1]);
});

test("a place whose answer never came becomes the offer that is settled, or goes when nothing is", async () => {
  const own = await ownServer();
  const { history, reach } = await observe(own.url, 250);
  own.freeze();
  for (const n of [1, 2]) {
    await expect(history.take(placeOf(n), both, NOW_MS)).rejects.toMatchObject({ code: "cap_store_unavailable" });
  }
  await history.settle(settlementOf(1, keptOf(1), { subjects: both }));
  await history.settle(settlementOf(2, null, { subjects: both }));
  own.thaw();
  await within(RECOVERY_MS, reach("up"));
  await history.close();
  const redis = operator(own);
  for (const key of [KEY, CLUSTER_KEY]) expect(await redis.hgetall(key)).toEqual({ [idOf(1)]: SOUND });
});

const MISMATCH: HistoryRead = { kind: "mismatch" };

function found({ offers = [], places = [] }: Partial<History> = {}): HistoryRead {
  return { kind: "found", history: { offers, places } };
}

function users(count: number): readonly Subject[] {
  return Array.from({ length: count }, (_, n) => ({ scope: "user", id: `u${n}` }));
}

/** Fields of a hash that are sound entries. */
function entries(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [idOf(n), SOUND]));
}

function hash(fields: Readonly<Record<string, string>>) {
  return (redis: Redis) => redis.hset(KEY, fields);
}

/** Until the history goes, rounded up: a test takes less than a day. */
async function daysLeft(): Promise<number> {
  return Math.ceil((await flusher.pttl(KEY)) / DAY_MS);
}

/** All that is at `KEY`. */
async function contents(redis: Redis): Promise<Buffer> {
  if ((await redis.type(KEY)) !== "hash") return await redis.dumpBuffer(KEY);
  const fields = Object.entries(await redis.hgetall(KEY));
  return Buffer.from(JSON.stringify(fields.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** A replica's refusal makes the client connect anew, now or, on a busy machine, a little later: then once more. */
async function onceUp<T>(reach: (state: "up") => Promise<void>, call: () => Promise<T>): Promise<T> {
  for (let tries = 3; tries > 1; tries--) {
    await within(RECOVERY_MS, reach("up"));
    const answer = await call().catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  return await call();
}

/** Scripts that the server has run. */
async function evals(): Promise<number> {
  const stats = await flusher.info("commandstats");
  const done = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+),.*failed_calls=(\d+)/g)];
  return done.reduce((sum, [, calls, failed]) => sum + Number(calls) - Number(failed), 0);
}

/** Bytes the server has sent to all its clients. */
async function sentBytes(): Promise<number> {
  return Number(/^total_net_output_bytes:(\d+)/m.exec(await flusher.info("stats"))?.[1]);
}
