import { rm } from "node:fs/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RedisLedger } from "../../../../src/adapters/redis/ledger/ledger.ts";
import {
  ACCOUNT,
  declarationOf,
  describeLedger,
  openAccount,
  reservationOf,
  syncOf,
  termsOf,
} from "../../../contracts/ledger.ts";
import { expectHistories } from "../../../support/ledger-histories.ts";
import { RedisLedgerStore } from "../../../support/redis-ledger-store.ts";
import { type RedisServer, startRedisServer } from "../../../support/redis-server.ts";
import { observe, operator, ownServer, PATIENT_MS } from "../observed-connection.ts";

const SEED = 20261125;
const A = { replica: "a", life: 1 };
const KEY = "liftgate:{summer}:ledger:2026-11";

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

async function ledgerOn(url: string, replicasToConfirm = 0): Promise<RedisLedger> {
  const { connection } = await observe(url, PATIENT_MS, "together");
  return new RedisLedger({ connection, replicasToConfirm, confirmMs: 100 });
}

describeLedger("Redis", () => ledgerOn(server.url));

test.for(["remembers", "forgets"] as const)("its invariants hold in histories of a server that %s", async (memory) => {
  const { connection } = await observe(server.url);
  const options = { connection, replicasToConfirm: 0, confirmMs: 100 };
  const open = async (budget: string) => new RedisLedgerStore(options, redis, budget);
  await expectHistories({ open, memory, count: 60, stepsMax: 50, seed: SEED, prefix: "h" });
});

test("all keys of a budget have the budget's cluster slot", async () => {
  const ledger = await ledgerOn(server.url);
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 30 }));
  await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5), reservationOf("d2", 5)] }));
  await ledger.settle(ACCOUNT, [{ kind: "settle", eventId: "e1", reservationId: "d2", amount: 5 }]);
  const keys = await redis.keys("*");
  const parts = ["closed", "due", "leases", "pending", "reservation:d2"].map((part) => `${KEY}:${part}`);
  expect(keys.toSorted()).toEqual([KEY, ...parts]);
  const cluster = operator(await ownServer(["--cluster-enabled", "yes"]));
  const slots = await Promise.all([...keys, "summer"].map((key) => cluster.cluster("KEYSLOT", key)));
  expect(new Set(slots).size).toBe(1);
});

test("calls made in one turn of the event loop share a round trip", async () => {
  const ledger = await ledgerOn(server.url);
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 1 }));
  const before = await readEvents();
  await Promise.all(Array.from({ length: 20 }, () => ledger.view(ACCOUNT)));
  // One for the scripts, one for this client's own INFO, and none for chance to need.
  expect((await readEvents()) - before).toBeLessThanOrEqual(4);
});

test("a server that forgot its scripts is told them again", async () => {
  const ledger = await ledgerOn(server.url);
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 30 }));
  await redis.script("FLUSH");
  expect(await ledger.sync(syncOf(A, { turn: 2, want: 10 }))).toMatchObject({ kind: "synced", granted: 40 });
});

test("reservations that ended are kept for a week, pending ones for ever", async () => {
  const ledger = await ledgerOn(server.url);
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 30 }));
  await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5), reservationOf("d2", 5)] }));
  await ledger.settle(ACCOUNT, [{ kind: "settle", eventId: "e1", reservationId: "d1", amount: 5 }]);
  const dayMs = 86_400_000;
  expect((await redis.pttl(`${KEY}:reservation:d1`)) / dayMs).toBeCloseTo(7, 2);
  expect(await redis.hkeys(`${KEY}:pending`)).toEqual(["d2"]);
  expect(await redis.pttl(`${KEY}:pending`)).toBe(-1);
  expect(await redis.zrange(`${KEY}:due`, "0", "-1")).toEqual(["d2"]);
});

test("nothing expires before the server's clock says so, whatever the caller's says", async () => {
  const ledger = await ledgerOn(server.url);
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 30 }));
  const inAnHour = Date.now() + 3_600_000;
  await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5, { expiresAtMs: inAnHour })] }));
  expect(await ledger.reap(ACCOUNT, { nowMs: inAnHour + 3_600_000, limit: 10 })).toBe(0);
  expect(await ledger.view(ACCOUNT)).toMatchObject({ pending: 5 });
});

test.for([
  ["the account", KEY],
  ["its leases", `${KEY}:leases`],
  ["its closed leases", `${KEY}:closed`],
  ["its due times", `${KEY}:due`],
  ["its pending reservations", `${KEY}:pending`],
  ["a reservation", `${KEY}:reservation:d2`],
] as const)("%s under another type: every script refuses before it writes", async ([, poisoned]) => {
  const ledger = await ledgerOn(server.url);
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 30 }));
  await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5)] }));
  await redis.del(poisoned);
  await redis.rpush(poisoned, "not what it must be");
  const before = await everything();
  const d2 = reservationOf("d2", 5);
  const calls = [
    ledger.sync(syncOf(A, { turn: 3, want: 5, reservations: [d2] })),
    ledger.declare(declarationOf(A, { reservations: [d2], end: "closed" })),
    ledger.settle(ACCOUNT, [
      { kind: "settle", eventId: "e1", reservationId: "d1", amount: 5 },
      { kind: "settle", eventId: "e2", reservationId: "d2", amount: 5 },
    ]),
  ];
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({
      code: "ledger_unavailable",
      message: expect.stringContaining("WRONGTYPE"),
    });
  }
  expect(await everything()).toEqual(before);
});

test.for([
  ["the account", () => redis.hset(KEY, "settled", "many")],
  ["a pending reservation", () => redis.hset(`${KEY}:pending`, "d1", "many 0 5")],
  ["a reservation that ended", () => redis.set(`${KEY}:reservation:d1`, "settled many - e1")],
] as const)("figures of %s that are none are refused, not counted with", async ([, poison]) => {
  const ledger = await ledgerOn(server.url);
  await openAccount(ledger);
  await poison();
  await expect(ledger.sync(syncOf(A, { want: 5, reservations: [reservationOf("d1", 5)] }))).rejects.toMatchObject({
    message: expect.stringContaining("POISONED"),
  });
});

test.for([
  [
    "OOM",
    (client: Redis) => client.config("SET", "maxmemory", "1"),
    (client: Redis) => client.config("SET", "maxmemory", "0"),
  ],
  ["READONLY", (client: Redis) => client.replicaof("127.0.0.1", 1), (client: Redis) => client.replicaof("NO", "ONE")],
  [
    "MISCONF",
    async (client: Redis, own: RedisServer) => {
      await client.config("SET", "save", "3600 1");
      await rm(own.dir, { recursive: true });
      await client.bgsave();
      while (!/rdb_last_bgsave_status:err/.test(await client.info("persistence")));
    },
    (client: Redis) => client.config("SET", "stop-writes-on-bgsave-error", "no"),
  ],
] as const)("%s: every script is refused whole, and goes on once it may write", async ([name, spoil, repair]) => {
  const own = await ownServer();
  const client = operator(own);
  const { connection, reach } = await observe(own.url);
  const ledger = new RedisLedger({ connection, replicasToConfirm: 0, confirmMs: 100 });
  await openAccount(ledger);
  await ledger.sync(syncOf(A, { want: 30 }));
  await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("d1", 5, { expiresAtMs: 5 })] }));
  const before = await ledger.view(ACCOUNT);
  await spoil(client, own);
  const outcome = { kind: "settle", eventId: "e1", reservationId: "d1", amount: 5 } as const;
  const calls = [
    () => ledger.sync(syncOf(A, { turn: 3, want: 5, reservations: [reservationOf("d2", 5)] })),
    () => ledger.declare(declarationOf(A, { end: "closed" })),
    () => ledger.settle(ACCOUNT, [outcome]),
    () => ledger.reap(ACCOUNT, { nowMs: Date.now(), limit: 5 }),
    () => ledger.writeOff(ACCOUNT, A),
  ];
  for (const call of calls) {
    await reach("up");
    await expect(call()).rejects.toMatchObject({ code: "ledger_unavailable", message: expect.stringContaining(name) });
  }
  expect(await (await ledgerOn(own.url)).view(ACCOUNT)).toEqual(before);
  await repair(client);
  await reach("up");
  expect(await ledger.sync(syncOf(A, { turn: 3, want: 5 }))).toMatchObject({ kind: "synced", granted: 35 });
});

test("a grant that the server's replicas do not have is not given, and is once they have it", async () => {
  const primary = await ownServer(["--repl-diskless-sync-delay", "0"]);
  const ledger = await ledgerOn(primary.url, 1);
  const alone = await ledgerOn(primary.url);
  await openAccount(alone);
  const turn = syncOf(A, { want: 30 });
  expect(await ledger.sync(turn)).toMatchObject({ kind: "unconfirmed", granted: 30 });
  const replica = operator(await ownServer());
  await replica.replicaof("127.0.0.1", primary.port);
  while (!/master_link_status:up/.test(await replica.info("replication")));
  let answer = await ledger.sync(turn);
  while (answer.kind === "unconfirmed") answer = await ledger.sync(turn);
  expect(answer).toMatchObject({ kind: "synced", granted: 30, view: { leased: 30 } });
  expect(await replica.hget(KEY, "leased")).toBe("30");
});

test("another connection has no writes of its own: the turn asked again on it is confirmed by writing again", async () => {
  const primary = await ownServer();
  await openAccount(await ledgerOn(primary.url));
  const turn = syncOf(A, { want: 30 });
  expect(await (await ledgerOn(primary.url, 1)).sync(turn)).toMatchObject({ kind: "unconfirmed" });
  expect(await (await ledgerOn(primary.url, 1)).sync(turn)).toMatchObject({ kind: "unconfirmed" });
});

test("a restart that lost nothing is noticed, and over once the holders spoke and a lease time passed", async () => {
  const own = await ownServer(["--appendonly", "yes", "--appendfsync", "always"]);
  const { connection, reach } = await observe(own.url);
  const ledger = new RedisLedger({ connection, replicasToConfirm: 0, confirmMs: 100 });
  const terms = termsOf(100, { leaseTtlMs: 20 });
  await openAccount(ledger, terms);
  await ledger.sync(syncOf(A, { terms, want: 30 }));
  await own.restart();
  await reach("down");
  await reach("up");
  expect(await ledger.reap(ACCOUNT, { nowMs: Date.now(), limit: 1 })).toBe(0);
  const turn = syncOf(A, { terms, turn: 2, want: 5 });
  const first = await ledger.sync(turn);
  expect(first).toMatchObject({ kind: "recovering", granted: 30, view: { awaited: [A], leased: 30 } });
  await ledger.declare(declarationOf(A, { terms, held: { turn: 1, granted: 30, returned: 0 } }));
  const recovery = { token: first.view.recovery ?? "", waitedMs: 20, nowMs: 0 };
  expect(await ledger.sync({ ...turn, recovery })).toMatchObject({
    kind: "synced",
    granted: 35,
    view: { forgotten: 0 },
  });
});

test("a replica that was promoted without the last grants is noticed; what was not confirmed was never given", async () => {
  const primary = await ownServer(["--repl-diskless-sync-delay", "0"]);
  const follower = await ownServer();
  const promoted = operator(follower);
  await promoted.replicaof("127.0.0.1", primary.port);
  const ledger = await ledgerOn(primary.url, 1);
  const terms = termsOf(100, { leaseTtlMs: 20 });
  await openAccount(await ledgerOn(primary.url), terms);
  let answer = await ledger.sync(syncOf(A, { terms, want: 30 }));
  while (answer.kind === "unconfirmed") answer = await ledger.sync(syncOf(A, { terms, want: 30 }));
  await promoted.replicaof("NO", "ONE");
  const lost = syncOf(A, { terms, turn: 2, want: 50 });
  expect(await ledger.sync(lost)).toMatchObject({ kind: "unconfirmed", granted: 80 });
  const after = await ledgerOn(follower.url);
  const first = await after.sync(lost);
  expect(first).toMatchObject({ kind: "recovering", granted: 30, view: { leased: 30, available: 70 } });
  await after.declare(declarationOf(A, { terms, held: { turn: 1, granted: 30, returned: 0 } }));
  const recovery = { token: first.view.recovery ?? "", waitedMs: 20, nowMs: 0 };
  expect(await after.sync({ ...lost, recovery })).toMatchObject({
    kind: "synced",
    granted: 80,
    view: { leased: 80, available: 20, forgotten: 0 },
  });
});

async function readEvents(): Promise<number> {
  return Number(/^total_reads_processed:(\d+)/m.exec(await redis.info("stats"))?.[1]);
}

/** Every key with its value as the server dumps it. */
async function everything(): Promise<Readonly<Record<string, string>>> {
  const keys = (await redis.keys("*")).toSorted();
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return Object.fromEntries(keys.map((key, i) => [key, String(dumps[i]?.toString("hex"))]));
}
