import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { offerLine, placeLine, PLACES_KEY } from "../../../src/adapters/redis/history-entry.ts";
import type { KeptOffer, Place, Subject } from "../../../src/core/domain/offer.ts";
import type { HistoryRead } from "../../../src/core/ports.ts";
import { contractOf } from "../../contracts/feature-store.ts";
import { describeOfferHistory } from "../../contracts/offer-history.ts";
import { expectModelled } from "../../contracts/offer-history-model.ts";
import { cluster, DAY_MS, idOf, keptOf, NOW_MS, placeOf, told, user } from "../../support/offers.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { observe, operator, ownServer, RECOVERY_MS, within } from "./observed-connection.ts";

const KEY = "liftgate:{u1}:user-history";
const CLUSTER_KEY = "liftgate:{u1}:cluster-history";
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

test("a history is a text with a line for each offer, and the places of all are a hash", async () => {
  const { history } = await observe(server.url);
  await history.take(placeOf(1), both, NOW_MS);
  await history.take(placeOf(2), both, NOW_MS);
  await history.give(keptOf(1), both);
  await history.give(keptOf(3, { channel: null }), [user]);
  await history.read(both);
  // By hand: noon of 25 November 2026, of the 26th, and of 25 December.
  const first =
    "019aa8e1-7d2c-7b0e-9d5c-000000000001 1798200000000 reactivation voucher_5 1795608000000 1795694400000 email\n";
  const third =
    "019aa8e1-7d2c-7b0e-9d5c-000000000003 1798200000000 reactivation voucher_5 1795608000000 1795694400000\n";
  expect(await flusher.get(CLUSTER_KEY)).toBe(first);
  expect(await flusher.get(KEY)).toBe(`${first}${third}`);
  const second = "019aa8e1-7d2c-7b0e-9d5c-000000000002 1798200000000 reactivation\n";
  expect(await flusher.hgetall(PLACES_KEY)).toEqual({ "user:u1": second, "cluster:u1": second });
});

test("a decision that offers nothing leaves nothing behind", async () => {
  const { history } = await observe(server.url);
  await history.take(placeOf(1), both, NOW_MS);
  history.leave(idOf(1), both);
  await history.read(both);
  expect(await flusher.keys("*")).toEqual([]);
});

test("decisions of one user leave in one command, which takes the place of another", async () => {
  const { history } = await observe(server.url);
  for (const n of [1, 2, 3]) await history.take(placeOf(n), [user], NOW_MS);
  const before = await evals();
  for (const n of [3, 1]) history.leave(idOf(n), [user]);
  expect(await history.take(placeOf(4), [user], NOW_MS)).toEqual([found({ places: [placeOf(2)] })]);
  expect((await evals()) - before).toBe(1);
  expect(await flusher.hgetall(PLACES_KEY)).toEqual({
    "user:u1": `${placeLine(placeOf(2))}\n${placeLine(placeOf(4))}\n`,
  });
});

test("the place of a decision that nobody ended goes once it is outlived, though its user does not come back", async () => {
  const { history } = await observe(server.url);
  await history.take(placeOf(1), both, NOW_MS);
  await history.take(placeOf(2, { keepUntilMs: NOW_MS + 31 * DAY_MS }), [user], NOW_MS);
  const goneMs = NOW_MS + 30 * DAY_MS;
  const passing = async (n: number, atMs: number) => {
    await history.take(placeOf(n, { keepUntilMs: NOW_MS + 99 * DAY_MS }), [somebody], atMs);
    history.leave(idOf(n), [somebody]);
  };
  for (let n = 10; n < 30; n++) await passing(n, goneMs - 1);
  await history.read([somebody]);
  expect(Object.keys(await flusher.hgetall(PLACES_KEY)).toSorted()).toEqual(["cluster:u1", "user:u1"]);
  const isSwept = async () =>
    (await flusher.hlen(PLACES_KEY)) === 1 && (await flusher.hget(PLACES_KEY, "user:u1"))?.includes(idOf(1)) === false;
  for (let n = 30; n < 5_000 && !(await isSwept()); n++) {
    await passing(n, goneMs);
    await history.read([somebody]);
  }
  expect(await isSwept()).toBe(true);
  expect(await history.read([user])).toEqual([found({ places: [placeOf(2, { keepUntilMs: NOW_MS + 31 * DAY_MS })] })]);
});

test("a history goes by itself when its last offer is not needed any more", async () => {
  const { history } = await observe(server.url);
  const give = async (n: number, days: number) => {
    await history.give(keptOf(n, { keepUntilMs: NOW_MS + days * DAY_MS }), [user]);
    await history.read([user]);
    return await daysLeft();
  };
  const takeBack = async (n: number) => {
    await history.takeBack(idOf(n), [user]);
    await history.read([user]);
    return await daysLeft();
  };
  expect(await give(1, 30)).toBe(30);
  expect(await give(2, 2)).toBe(30);
  expect(await give(3, 60)).toBe(60);
  expect(await give(3, 90)).toBe(60);
  expect(await takeBack(3)).toBe(60);
  expect(await takeBack(1)).toBe(60);
  await takeBack(2);
  expect(await flusher.exists(KEY)).toBe(0);
  expect(await give(4, 30)).toBe(30);
});

test("a history stays for the longest of its offers, also where one takes the place of outlived ones", async () => {
  const { history } = await observe(server.url);
  const give = async (n: number, decidedAtMs: number, days: number) => {
    await history.give(keptOf(n, { decidedAtMs, keepUntilMs: decidedAtMs + days * DAY_MS }), [user]);
    await history.read([user]);
    return await daysLeft();
  };
  expect(await give(1, NOW_MS, 30)).toBe(30);
  expect(await give(2, NOW_MS + 30 * DAY_MS, 5)).toBe(30);
  expect(await flusher.get(KEY)).not.toContain(idOf(1));
  expect(await give(3, NOW_MS + 60 * DAY_MS, 40)).toBe(40);
  expect(await flusher.get(KEY)).not.toContain(idOf(2));
});

test("how long a history stays is no matter of Redis' clock", async () => {
  const { history } = await observe(server.url);
  await history.give(keptOf(1, { decidedAtMs: DAY_MS, keepUntilMs: 3 * DAY_MS }), [user]);
  await history.read([user]);
  expect(await daysLeft()).toBe(2);
});

test("a user's history has the cluster slot of their features", async () => {
  const { history, store } = await observe(server.url);
  await history.give(keptOf(1), both);
  await history.read(both);
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
    users(16).map(({ id }, n) =>
      Promise.all([
        store.read(id, [contract]),
        history.take(placeOf(n), [{ scope: "user", id }], NOW_MS),
        history.read([{ scope: "cluster", id }]),
      ]),
    ),
  );
  expect((await evals()) - before).toBe(1);
  expect(await flusher.hlen(PLACES_KEY)).toBe(16);
});

test("what becomes of decisions is gathered: 256 share a command, and closing sends the rest", async () => {
  const { history } = await observe(server.url);
  const before = await evals();
  await Promise.all(users(600).map((subject, n) => history.give(keptOf(n), [subject])));
  await history.close();
  expect((await evals()) - before).toBe(3);
  expect(await flusher.keys("*")).toHaveLength(600);
});

test("an offer that nobody asks for is in Redis all the same", async () => {
  const { history } = await observe(server.url);
  await history.give(keptOf(1), [user]);
  while ((await flusher.exists(KEY)) === 0);
  expect(await flusher.get(KEY)).toBe(`${offerLine(keptOf(1))}\n`);
});

test("a replica finds what it gave, in a history that it reads, takes a place in or forgets", async () => {
  const { history } = await observe(server.url);
  const before = await evals();
  await history.give(keptOf(1), [user]);
  expect(await history.read([user])).toEqual([found({ offers: [keptOf(1)] })]);
  await history.give(keptOf(2), [user]);
  const [taken] = await history.take(placeOf(3), [user], NOW_MS);
  expect(taken).toMatchObject({ kind: "found", history: { offers: { length: 2 }, places: [] } });
  expect((await evals()) - before).toBe(2);
  await history.give(keptOf(3), [user]);
  await history.forget(user);
  expect(await history.read([user])).toEqual([found()]);
  await history.close();
  expect(await flusher.exists(KEY)).toBe(0);
});

const SOUND = `${offerLine(keptOf(1))}\n`;
const MIB_8 = "x".repeat(8 * 1024 * 1024);
/** From here on, no poison has an entry of a decision. */
const FREE = 80_000;
type Poison = readonly [name: string, put: (redis: Redis) => Promise<unknown>];

const OTHER_TYPES: readonly Poison[] = [
  ["a hash", (redis) => redis.hset(KEY, idOf(1), SOUND)],
  ["a list", (redis) => redis.rpush(KEY, idOf(1), SOUND)],
  ["a set", (redis) => redis.sadd(KEY, idOf(1))],
];
const TOO_MUCH: readonly Poison[] = [
  ["8 MiB of text", text(MIB_8)],
  ["8 MiB of offers", text(lines(FREE))],
];
const NO_OFFERS: readonly Poison[] = [
  ["words", text("no history")],
  ["JSON", text("{}\n")],
  ["a line end", text("\n")],
  ["60,000 characters without a line end", text("x".repeat(60_000))],
  ["a line of 60,000 characters", text(SOUND.replace("1795694400000", "1".repeat(60_000)))],
  ["an offer without its line end", text(SOUND.trimEnd())],
  ["an offer and a line that is none", text(`${SOUND}name\n`)],
  ["an offer and half of one", text(SOUND.repeat(2).slice(0, -20))],
  ["an offer that was cut", text(SOUND.replace(" 1795694400000 email", ""))],
  ["an instant that is no number", text(SOUND.replace("1798200000000", "NaN"))],
  ["an instant before 1970", text(SOUND.replace("1798200000000", "-1"))],
  ["an instant in fractions", text(SOUND.replace("1795694400000", "1795694400000.5"))],
];
const NO_NAMES: readonly Poison[] = [
  ["a name that no program has", text(SOUND.replace("email", "Email"))],
  ["a name in another alphabet", text(SOUND.replace("email", "\u00e9mail"))],
];

test.for([...OTHER_TYPES, ...TOO_MUCH, ...NO_OFFERS, ...NO_NAMES])(
  "%s is a mismatch that stays as it is and is in nobody's way, until it is forgotten",
  async ([, put]) => {
    const { history, connection } = await observe(server.url);
    await put(flusher);
    const before = await contents(flusher);
    const sent = await sentBytes();
    expect(await history.read(both)).toEqual([MISMATCH, found()]);
    expect(await history.take(placeOf(FREE), both, NOW_MS)).toEqual([MISMATCH, found()]);
    expect((await sentBytes()) - sent).toBeLessThan(128 * 1024);
    history.leave(idOf(FREE), both);
    await history.give(keptOf(FREE + 1), [cluster]);
    await history.close();
    expect(before.equals(await contents(flusher))).toBe(true);
    expect(await flusher.get(CLUSTER_KEY)).toBe(`${offerLine(keptOf(FREE + 1))}\n`);
    expect(await flusher.exists(PLACES_KEY)).toBe(0);
    expect(connection.state).toBe("up");
    await history.forget(user);
    expect(await history.take(placeOf(FREE + 2), [user], NOW_MS)).toEqual([found()]);
    expect(await history.read([user])).toEqual([found({ places: [placeOf(FREE + 2)] })]);
  },
);

test.for([...OTHER_TYPES, ...TOO_MUCH, ...NO_OFFERS])(
  "in %s no offer is put, and of it none taken back",
  async ([, put]) => {
    const { history } = await observe(server.url);
    await put(flusher);
    const before = await contents(flusher);
    await history.take(placeOf(FREE), both, NOW_MS);
    await history.give(keptOf(FREE), both);
    await history.takeBack(idOf(1), [user]);
    await history.close();
    expect(before.equals(await contents(flusher))).toBe(true);
    expect(await flusher.pttl(KEY)).toBe(-1);
    expect(await flusher.get(CLUSTER_KEY)).toBe(`${offerLine(keptOf(FREE))}\n`);
    expect(await flusher.exists(PLACES_KEY)).toBe(0);
  },
);

test.for([
  ["words", "no place"],
  ["a place without its line end", placeLine(placeOf(1))],
  ["60,000 characters without a line end", "x".repeat(60_000)],
  ["8 MiB of places", `${placeLine(placeOf(1))}\n`.repeat(130_000)],
])("%s instead of places are a mismatch that stays as it is and is in nobody's way", async ([, value = ""]) => {
  const { history, connection } = await observe(server.url);
  await flusher.hset(PLACES_KEY, "user:u1", value);
  const sent = await sentBytes();
  expect(await history.read([user])).toEqual([MISMATCH]);
  expect(await history.take(placeOf(2), [user], NOW_MS)).toEqual([MISMATCH]);
  expect((await sentBytes()) - sent).toBeLessThan(128 * 1024);
  expect(await history.take(placeOf(3), [somebody], NOW_MS)).toEqual([found()]);
  for (const n of [1, 2]) history.leave(idOf(n), [user]);
  history.leave(idOf(3), [somebody]);
  expect(await history.read([somebody])).toEqual([found()]);
  expect(await flusher.hgetall(PLACES_KEY)).toEqual({ "user:u1": value });
  expect(connection.state).toBe("up");
  await history.forget(user);
  expect(await history.read([user])).toEqual([found()]);
});

test("places of another type make every history that is asked for one a mismatch, and are no outage", async () => {
  const { history, connection } = await observe(server.url);
  await history.give(keptOf(1), [user]);
  await history.read([user]);
  await flusher.set(PLACES_KEY, "a text");
  for (let n = 2; n < 20; n++) {
    expect(await history.take(placeOf(n), both, NOW_MS)).toEqual([MISMATCH, MISMATCH]);
    history.leave(idOf(n), both);
  }
  expect(connection.state).toBe("up");
  expect(await flusher.get(KEY)).toBe(SOUND);
});

test("what is given while places are of another type is there once these are gone", async () => {
  const { history } = await observe(server.url);
  await flusher.set(PLACES_KEY, "a text");
  await history.give(keptOf(1), both);
  expect(await history.read(both)).toEqual([MISMATCH, MISMATCH]);
  await flusher.del(PLACES_KEY);
  expect(await history.take(placeOf(2), both, NOW_MS)).toEqual([
    found({ offers: [keptOf(1)] }),
    found({ offers: [keptOf(1)] }),
  ]);
});

test("an offer is added to whatever is read as a history", async () => {
  const { history } = await observe(server.url);
  await flusher.set(KEY, SOUND.replace(idOf(1), idOf(1).replaceAll("0", "Z")));
  expect(await history.read([user])).toEqual([found({ offers: [keptOf(1)] })]);
  await history.give(keptOf(2), [user]);
  expect(await history.read([user])).toEqual([found({ offers: [keptOf(1), keptOf(2)] })]);
});

test("a key of another type is no outage, however often it is asked for", async () => {
  const { history, connection } = await observe(server.url);
  await flusher.rpush(KEY, "a list");
  for (let n = 0; n < 20; n++) {
    expect(await history.take(placeOf(n), [user], NOW_MS)).toEqual([MISMATCH]);
    history.leave(idOf(n), [user]);
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
])(
  "$name: places are refused as trouble, reads go on, and what is to be told waits",
  async ({ name, spoil, repair }) => {
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
    await history.give(keptOf(1), both);
    // It is said before the history is read, and refused.
    expect(await onceUp(reach, () => history.read([user]))).toEqual([found({ places: [placeOf(1)] })]);
    await repair(redis);
    while ((await redis.get(KEY)) !== SOUND);
    expect(await onceUp(reach, () => history.take(placeOf(6), both, NOW_MS))).toEqual([
      found({ offers: [keptOf(1)] }),
      found({ offers: [keptOf(1)] }),
    ]);
    expect(await redis.get(CLUSTER_KEY)).toBe(SOUND);
    expect(await redis.hget(PLACES_KEY, "cluster:u1")).toBe(`${placeLine(placeOf(6))}\n`);
  },
);

test("an account that may read and not write takes no places, and its reads go on", async () => {
  const own = await ownServer();
  const redis = operator(own);
  await redis.set(KEY, SOUND);
  const rights = ["~liftgate:*", "+@connection", "+info", "+eval", "+evalsha", "+getrange", "+hmget"];
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

test("a server that is killed fails calls at once, and has what became of decisions meanwhile soon after it is back", async () => {
  const own = await ownServer(["--appendonly", "yes", "--appendfsync", "always"]);
  const { history, reach } = await observe(own.url);
  await history.take(placeOf(1), both, NOW_MS);
  await history.give(keptOf(1), both);
  await history.take(placeOf(2), both, NOW_MS);
  const dying = history.take(placeOf(3), [user], NOW_MS).catch((error: unknown) => error);
  await own.kill();
  await dying;
  const calls = [history.take(placeOf(4), [user], NOW_MS), history.read([user]), history.forget(somebody)];
  for (const call of await Promise.allSettled(calls)) {
    expect(call).toMatchObject({ status: "rejected", reason: { code: "cap_store_unavailable" } });
  }
  await history.give(keptOf(2), both);
  history.leave(idOf(3), [user]);
  await history.give(keptOf(5), [cluster]);
  await own.restart();
  await within(RECOVERY_MS, reach("up"));
  await history.close();
  const redis = operator(own);
  expect(await redis.get(KEY)).toBe(linesOf(1, 2));
  expect((await redis.get(CLUSTER_KEY))?.split("\n").toSorted()).toEqual(linesOf(1, 2, 5).split("\n").toSorted());
  expect(await redis.exists(PLACES_KEY)).toBe(0);
});

test("a history that is forgotten stays so, though an offer of it waited for Redis to be back", async () => {
  const own = await ownServer();
  const { history, reach } = await observe(own.url);
  await own.kill();
  await history.give(keptOf(1), both);
  await expect(history.read([user])).rejects.toMatchObject({ code: "cap_store_unavailable" });
  await own.restart();
  await within(RECOVERY_MS, reach("up"));
  await history.forget(user);
  await history.close();
  const redis = operator(own);
  expect([await redis.exists(KEY), await redis.exists(CLUSTER_KEY)]).toEqual([0, 1]);
});

test("a place whose answer never came becomes the offer that is given, or goes when it is left", async () => {
  const own = await ownServer();
  const { history, reach } = await observe(own.url, 250);
  own.freeze();
  for (const n of [1, 2]) {
    await expect(history.take(placeOf(n), both, NOW_MS)).rejects.toMatchObject({ code: "cap_store_unavailable" });
  }
  await history.give(keptOf(1), both);
  history.leave(idOf(2), both);
  own.thaw();
  await within(RECOVERY_MS, reach("up"));
  await history.close();
  const redis = operator(own);
  for (const key of [KEY, CLUSTER_KEY]) expect(await redis.get(key)).toBe(SOUND);
  expect(await redis.exists(PLACES_KEY)).toBe(0);
});

interface Standing {
  readonly offers: readonly KeptOffer[];
  readonly places: readonly Place[];
}

const MISMATCH: HistoryRead = { kind: "mismatch" };

function found({ offers = [], places = [] }: Partial<Standing> = {}): HistoryRead {
  return { kind: "found", history: { offers: offers.map(told), places } };
}

function users(count: number): readonly Subject[] {
  return Array.from({ length: count }, (_, n) => ({ scope: "user", id: `u${n}` }));
}

/** Of so many sound offers. */
function lines(count: number): string {
  return linesOf(...Array.from({ length: count }, (_, n) => n));
}

function linesOf(...numbers: readonly number[]): string {
  return numbers.map((n) => `${offerLine(keptOf(n))}\n`).join("");
}

function text(value: string) {
  return (redis: Redis) => redis.set(KEY, value);
}

/** Until the history goes, rounded up: a test takes less than a day. */
async function daysLeft(): Promise<number> {
  return Math.ceil((await flusher.pttl(KEY)) / DAY_MS);
}

/** All that is at `KEY`. */
async function contents(redis: Redis): Promise<Buffer> {
  return await redis.dumpBuffer(KEY);
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
