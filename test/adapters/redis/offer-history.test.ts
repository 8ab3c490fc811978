import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HISTORY_BYTES_MAX, packOffer } from "../../../src/adapters/redis/packed-history.ts";
import { contractOf } from "../../contracts/feature-store.ts";
import { describeOfferHistory, offersOf } from "../../contracts/offer-history.ts";
import { expectModelled } from "../../contracts/offer-history-model.ts";
import { cluster, commitOf, conditionOf, DAY_MS, HOUR_MS, idOf, NOW_MS, user } from "../../support/offers.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { observe, operator, ownServer, RECOVERY_MS, within } from "./observed-connection.ts";

const KEY = "liftgate:{u1}:user-offers";
const contract = contractOf("churn", 2);

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
  await expectModelled(async () => {
    await flusher.flushall();
    return view(0);
  }, 150);
});

test("a history is stored as packed bytes", async () => {
  const { history } = await observe(server.url);
  await history.commit(commitOf(1));
  // By hand; the instants (noon of 25 November, of the 26th and of 25 December) from Python's struct module.
  const bytes = [
    "01",
    "019aa8e17d2c7b0e9d5c000000000001",
    "0000603b29217a42",
    "000020a17b217a42",
    "0000e027d12a7a42",
    "0c726561637469766174696f6e",
    "09766f75636865725f35",
    "05656d61696c",
  ].join("");
  expect((await flusher.getBuffer(KEY))?.toString("hex")).toBe(bytes);
});

test("a history goes by itself when its last offer is not needed any more", async () => {
  const { history } = await observe(server.url);
  await history.commit(commitOf(1, {}, { keepUntilMs: NOW_MS + 30 * DAY_MS }));
  await history.commit(commitOf(2, { decidedAtMs: NOW_MS + DAY_MS }, { keepUntilMs: NOW_MS + 2 * DAY_MS }));
  const leftMs = await flusher.pttl(KEY);
  expect(leftMs).toBeLessThanOrEqual(29 * DAY_MS);
  expect(leftMs).toBeGreaterThan(29 * DAY_MS - HOUR_MS);
  await history.undo(idOf(2), [user]);
  expect(await flusher.pttl(KEY)).toBeGreaterThan(29 * DAY_MS - HOUR_MS);
  await history.undo(idOf(1), [user]);
  expect(await flusher.exists(KEY)).toBe(0);
});

test("a user's history has the cluster slot of their features", async () => {
  const { history, store } = await observe(server.url);
  await history.commit(commitOf(1, {}, { subject: user }, { subject: cluster }));
  await store.write([{ userId: "u1", contract, observedAtMs: 1, values: Float32Array.of(1, 2) }]);
  const keys = await flusher.keys("*");
  expect(keys).toHaveLength(3);
  const clusterNode = operator(await ownServer(["--cluster-enabled", "yes"]));
  const slots = await Promise.all(keys.map((key) => clusterNode.cluster("KEYSLOT", key)));
  expect(new Set(slots).size).toBe(1);
});

test("histories are read in the command that reads the features, and commits of a turn share one", async () => {
  const { history, store } = await observe(server.url);
  const before = await evals();
  await Promise.all(
    Array.from({ length: 64 }, (_, i) =>
      Promise.all([store.read(`u${i}`, [contract]), history.read([{ scope: "user", id: `u${i}` }])]),
    ),
  );
  expect((await evals()) - before).toBe(1);
  const commits = Array.from({ length: 150 }, (_, i) => commitOf(i, {}, { subject: { scope: "user", id: `u${i}` } }));
  expect(new Set(await Promise.all(commits.map((commit) => history.commit(commit))))).toEqual(new Set(["committed"]));
  expect((await evals()) - before).toBe(1 + 3);
});

const whole = Buffer.from(
  "01019aa8e17d2c7b0e9d5c0000000000010000603b29217a42000020a17b217a420000e027d12a7a420c726561637469766174696f6e09766f75636865725f3505656d61696c",
  "hex",
);
const NAN = "000000000000f87f";
const POISONS: readonly (readonly [string, Buffer])[] = [
  ["text", Buffer.from("x")],
  ["JSON", Buffer.from("[]")],
  ["a version and nothing more", Buffer.of(1)],
  ["another version", Buffer.concat([Buffer.of(2), whole.subarray(1)])],
  ["a history that was cut", whole.subarray(0, -1)],
  ["a history with a byte too many", Buffer.concat([whole, Buffer.of(0)])],
  ["an instant that is no number", Buffer.from(whole.toString("hex").replace("0000603b29217a42", NAN), "hex")],
  ["an instant before 1970", Buffer.from(whole.toString("hex").replace("0000603b29217a42", "0000603b29217ac2"), "hex")],
  [
    "an instant in fractions",
    Buffer.from(whole.toString("hex").replace("000020a17b217a42", "010020a17b217a42"), "hex"),
  ],
  ["an endless instant", Buffer.from(whole.toString("hex").replace("0000e027d12a7a42", "000000000000f07f"), "hex")],
  ["more than a history holds, cut by the read between two offers", longerThanRead()],
  ["8 MiB of nothing", Buffer.alloc(8 * 1024 * 1024)],
  ["8 MiB of offers", Buffer.concat([whole, ...Array<Buffer>(130_000).fill(whole.subarray(1))])],
];

test.for(POISONS)("%s is a mismatch that no commit writes over, until it is forgotten", async ([, poison]) => {
  const { history, connection } = await observe(server.url);
  await flusher.set(KEY, poison);
  const before = await sentBytes();
  expect(await history.read([user, cluster])).toEqual([{ kind: "mismatch" }, { kind: "found", offers: [] }]);
  expect((await sentBytes()) - before).toBeLessThan(128 * 1024);
  const both = commitOf(2, {}, { subject: cluster }, { subject: user });
  const [poisoned, sound] = await Promise.allSettled([
    history.commit(both),
    history.commit(commitOf(3, {}, { subject: cluster })),
  ]);
  expect(poisoned).toMatchObject({ status: "rejected", reason: { code: "cap_store_unavailable" } });
  expect(sound).toEqual({ status: "fulfilled", value: "committed" });
  await history.undo(idOf(2), [user]);
  expect(poison.equals((await flusher.getBuffer(KEY)) ?? Buffer.alloc(0))).toBe(true);
  expect(connection.state).toBe("up");
  await history.forget(user);
  expect(await history.commit(both)).toBe("committed");
});

test("a name that no program has is a mismatch", async () => {
  const { history } = await observe(server.url);
  for (const name of ["Email", "em il", "em\u0000il", "em\u00e9l"]) {
    const poison = Buffer.from(whole);
    poison.write(name, poison.length - 5, "latin1");
    await flusher.set(KEY, poison);
    expect(await history.read([user])).toEqual([{ kind: "mismatch" }]);
  }
});

test("a key of another type is a mismatch and no outage", async () => {
  const { history, connection } = await observe(server.url);
  await flusher.rpush(KEY, "a list");
  for (let i = 0; i < 20; i++) {
    expect(await history.read([user])).toEqual([{ kind: "mismatch" }]);
    await expect(history.commit(commitOf(1))).rejects.toMatchObject({ code: "cap_store_unavailable" });
    await history.undo(idOf(1), [user]);
  }
  expect(connection.state).toBe("up");
  await history.forget(user);
  expect(await history.commit(commitOf(1))).toBe("committed");
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
])("$name: commits are refused as trouble and count nothing, reads go on", async ({ name, spoil, repair }) => {
  const own = await ownServer();
  const redis = operator(own);
  const { history, reach } = await observe(own.url);
  const entries = [{ conditions: [conditionOf({ max: 2 })] }, { subject: cluster }];
  await history.commit(commitOf(1, {}, ...entries));
  await spoil(redis);
  for (let i = 2; i < 6; i++) {
    await reach("up");
    await expect(history.commit(commitOf(i, {}, ...entries))).rejects.toMatchObject({
      code: "cap_store_unavailable",
      message: expect.stringContaining(name),
    });
  }
  const lengths = async () => [(await offersOf(history, user)).length, (await offersOf(history, cluster)).length];
  expect(await onceUp(reach, lengths)).toEqual([1, 1]);
  await repair(redis);
  expect(await history.commit(commitOf(2, {}, ...entries))).toBe("committed");
  expect(await history.commit(commitOf(3, {}, ...entries))).toBe("refused");
});

test("an account that may read and not write has its commits fail, and its reads go on", async () => {
  const own = await ownServer();
  const rights = ["~liftgate:*", "+@connection", "+info", "+eval", "+evalsha", "+getrange"];
  await operator(own).acl("SETUSER", "reader", "on", ">pw", ...rights);
  const { history, reach } = await observe(`redis://reader:pw@127.0.0.1:${own.port}`);
  for (let i = 0; i < 3; i++) {
    await reach("up");
    await expect(history.commit(commitOf(i))).rejects.toMatchObject({
      code: "cap_store_unavailable",
      message: expect.stringMatching(/Redis replied [A-Z]+$/),
    });
  }
  await within(RECOVERY_MS, reach("up"));
  expect(await offersOf(history, user)).toEqual([]);
});

test("a commit whose answer never came counts once when it is repeated, and not at all when it is undone", async () => {
  const own = await ownServer();
  const { history, reach } = await observe(own.url, 100);
  const conditions = [conditionOf({ max: 2 })];
  own.freeze();
  await expect(history.commit(commitOf(1, {}, { conditions }))).rejects.toMatchObject({
    code: "cap_store_unavailable",
  });
  await expect(history.commit(commitOf(2, {}, { conditions }))).rejects.toMatchObject({
    code: "cap_store_unavailable",
  });
  own.thaw();
  await within(RECOVERY_MS, reach("up"));
  expect(await history.commit(commitOf(1, {}, { conditions }))).toBe("committed");
  await history.undo(idOf(2), [user]);
  expect(await offersOf(history, user)).toHaveLength(1);
  expect(await history.commit(commitOf(3, {}, { conditions }))).toBe("committed");
  expect(await history.commit(commitOf(4, {}, { conditions }))).toBe("refused");
});

test("a server that is killed fails calls at once, and what it acknowledged is there when it is back", async () => {
  const own = await ownServer(["--appendonly", "yes", "--appendfsync", "always"]);
  const { history, reach } = await observe(own.url);
  const conditions = [conditionOf({ max: 2 })];
  expect(await history.commit(commitOf(1, {}, { conditions }))).toBe("committed");
  const dying = history.commit(commitOf(2, {}, { conditions })).catch((error: unknown) => error);
  await own.kill();
  await dying;
  await expect(history.commit(commitOf(3, {}, { conditions }))).rejects.toMatchObject({
    code: "cap_store_unavailable",
  });
  await expect(history.read([user])).rejects.toMatchObject({ code: "cap_store_unavailable" });
  await expect(history.undo(idOf(1), [user])).rejects.toMatchObject({ code: "cap_store_unavailable" });
  await expect(history.forget(user)).rejects.toMatchObject({ code: "cap_store_unavailable" });
  await own.restart();
  await within(RECOVERY_MS, reach("up"));
  expect(await history.commit(commitOf(2, {}, { conditions }))).toBe("committed");
  expect(await history.commit(commitOf(4, {}, { conditions }))).toBe("refused");
  expect(await offersOf(history, user)).toHaveLength(2);
});

/** 869 · 69 + 2 · 100 bytes of offers are as many as a read fetches after the version; then comes one more. */
function longerThanRead(): Buffer {
  const usual = whole.subarray(1);
  const action = "x".repeat(40);
  const long = packOffer({ ...commitOf(1, { action }).offer, decisionId: idOf(1), keepUntilMs: NOW_MS });
  const read = [whole.subarray(0, 1), ...Array<Buffer>(869).fill(usual), long, long];
  expect(Buffer.concat(read)).toHaveLength(HISTORY_BYTES_MAX + 1);
  return Buffer.concat([...read, usual]);
}

/** Scripts that the server has run. */
/** A replica's refusal makes the client connect anew, now or, on a busy machine, a little later: then once more. */
async function onceUp<T>(reach: (state: "up") => Promise<void>, call: () => Promise<T>): Promise<T> {
  for (let tries = 3; tries > 1; tries--) {
    await within(RECOVERY_MS, reach("up"));
    const answer = await call().catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  return await call();
}

async function evals(): Promise<number> {
  const stats = await flusher.info("commandstats");
  const done = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+),.*failed_calls=(\d+)/g)];
  return done.reduce((sum, [, calls, failed]) => sum + Number(calls) - Number(failed), 0);
}

/** Bytes the server has sent to all its clients. */
async function sentBytes(): Promise<number> {
  return Number(/^total_net_output_bytes:(\d+)/m.exec(await flusher.info("stats"))?.[1]);
}
