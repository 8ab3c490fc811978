/**
 * Money under chaos: four replica processes with 32 callers, one Redis, a budget that runs out on the way,
 * and everything that can happen to them: connections reset, Redis stopped, killed, restarted from an
 * older file, replicas killed, wall clocks an hour ahead and an hour behind. An independent reader compares
 * what is owed with the amount every 50 ms.
 *
 *     node bench/chaos.ts [--seconds 30]
 *
 * A replica here is the real lease, holder, reaper, lease book, Redis ledger and decision log, without HTTP
 * and models: see bench/chaos/replica.ts. Exit code 1 for one unit too much, or one unit leaked.
 */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { type RedisServer, startRedisServer } from "../test/support/redis-server.ts";
import { Auditor } from "./chaos/auditor.ts";
import { FlakyProxy } from "./chaos/flaky-proxy.ts";
import { ReplicaProcess } from "./chaos/replica-process.ts";
import type { ReplicaTotals, ReplicaWorld } from "./chaos/world.ts";

const REPLICAS = 4;
const CALLERS = 32;
const SAMPLE_MS = 50;
const RESET_MS = 900;
const LEASE_TTL_MS = 2_000;
const REAP_MS = 2_000;
const GRACE_MS = 3_000;
const OFFER_MS = 2_000;
const LARGEST_OFFER = 1_000;
const PAUSE_MS = 10;
const ACCOUNT = { budget: "chaos", period: "now" } as const;
/** What 32 callers spend, net of what returns, in about half of the run. */
const AMOUNT_PER_SECOND = 200_000;

const { values } = parseArgs({ options: { seconds: { type: "string", default: "30" } } });
const seconds = Number(values.seconds);
const amount = Math.round(seconds * AMOUNT_PER_SECOND);

const folder = await mkdtemp(join(tmpdir(), "liftgate-chaos-"));
const redis = await startRedisServer(["--appendonly", "yes", "--appendfsync", "everysec"]);
const proxy = await FlakyProxy.open(redis.port);
const reader = new Redis(redis.url, {
  commandTimeout: 200,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  retryStrategy: () => SAMPLE_MS,
});
reader.on("error", () => undefined);
const replicas = Array.from({ length: REPLICAS }, (_, i) => new ReplicaProcess(worldOf(i, CALLERS / REPLICAS)));
const dataDirs = replicas.map(({ dataDir }) => dataDir);
const accountKey = `liftgate:{${ACCOUNT.budget}}:ledger:${ACCOUNT.period}`;
const auditor = new Auditor({ amount, graceMs: GRACE_MS, accountKey, dataDirs }, reader);
const found = { samples: 0, silent: 0, recovering: 0, maxOwed: 0, maxUsed: 0, maxUsedInRecovery: 0 };

try {
  for (const replica of replicas) replica.start();
  const sampling = setInterval(() => void sample(), SAMPLE_MS);
  await chaos();
  await Promise.all(replicas.map((replica) => replica.stop()));
  clearInterval(sampling);
  await report();
} finally {
  for (const replica of replicas) replica.kill();
  reader.disconnect();
  proxy.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

function worldOf(replica: number, callers: number): ReplicaWorld {
  return {
    redisUrl: `redis://127.0.0.1:${proxy.port}`,
    dataDir: join(folder, String(replica)),
    account: ACCOUNT,
    terms: { revision: 1, amount, reserve: "max", graceMs: GRACE_MS, leaseTtlMs: LEASE_TTL_MS },
    largestOffer: LARGEST_OFFER,
    callers,
    pauseMs: PAUSE_MS,
    offerMs: OFFER_MS,
    reapMs: REAP_MS,
    settleMs: OFFER_MS,
  };
}

/** Every fault at its share of the run. */
async function chaos(): Promise<void> {
  const [first, second, third, fourth] = replicas as [ReplicaProcess, ReplicaProcess, ReplicaProcess, ReplicaProcess];
  const resets = setInterval(() => proxy.reset(), RESET_MS);
  const plan: readonly (readonly [share: number, what: string, fault: () => Promise<void> | void])[] = [
    [0.12, "SIGSTOP of Redis for 1.2 s", () => stopFor(redis, 1_200)],
    [0.22, "kill -9 of a replica", () => second.restart()],
    [0.3, "wall clocks of two replicas an hour ahead", () => [first, third].forEach((replica) => replica.shiftClock())],
    [0.36, "copy of the append-only file", () => copy(redis, "older")],
    [0.38, "kill -9 of Redis, restart", () => redis.restart()],
    [0.5, "kill -9 of Redis, restart from the older file", () => restartFrom(redis, "older")],
    [
      0.62,
      "wall clocks of two replicas an hour behind",
      () => [first, third].forEach((replica) => replica.shiftClock()),
    ],
    [0.66, "copy of the append-only file", () => copy(redis, "oldest")],
    [
      0.72,
      "kill -9 of Redis and of two replicas, restart of all from the older file",
      async () => {
        await Promise.all([restartFrom(redis, "oldest"), second.restart(), fourth.restart()]);
      },
    ],
    [0.84, "FLUSHALL", () => flushAll()],
    [0.92, "SIGSTOP of Redis for 0.8 s", () => stopFor(redis, 800)],
  ];
  const startedMs = performance.now();
  for (const [share, what, fault] of plan) {
    await delay(Math.max(0, startedMs + share * seconds * 1_000 - performance.now()));
    console.log(`${((performance.now() - startedMs) / 1_000).toFixed(1)} s  owed ${found.maxOwed}  ${what}`);
    await fault();
  }
  await delay(Math.max(0, startedMs + seconds * 1_000 - performance.now()));
  clearInterval(resets);
  // The last recovery ends before the replicas are asked to leave.
  await delay(3 * LEASE_TTL_MS);
}

async function sample(): Promise<void> {
  const { owed, used, isRecovering } = await auditor.sample(Date.now());
  found.samples++;
  found.maxOwed = Math.max(found.maxOwed, owed);
  if (used === null) {
    found.silent++;
  } else if (isRecovering) {
    found.recovering++;
    found.maxUsedInRecovery = Math.max(found.maxUsedInRecovery, used);
  } else {
    found.maxUsed = Math.max(found.maxUsed, used);
  }
}

/** After the leases are closed, the offers' time and grace are over and the reaper has been. */
async function report(): Promise<void> {
  const sweeper = new ReplicaProcess(worldOf(0, 0));
  sweeper.start();
  await delay(OFFER_MS + GRACE_MS + 2 * REAP_MS);
  await sweeper.stop();
  const { owed } = await auditor.sample(Date.now());
  const account = await reader.hgetall(accountKey);
  const [leased, pending, settled, overrun] = ["leased", "pending", "settled", "overrun"].map((name) =>
    Number(account[name]),
  );
  const totals = replicas.map((replica) => replica.totals);
  const sum = (name: keyof ReplicaTotals) => totals.reduce((total, each) => total + each[name], 0);
  const calls = sum("syncs") + sum("declares") + sum("settles") + sum("reaps");
  const used = Number(leased) + Number(pending) + Number(settled);
  const figures = {
    amount,
    samples: found.samples,
    samplesWithoutRedis: found.silent,
    maxOwed: found.maxOwed,
    maxOverspend: Math.max(0, found.maxOwed - amount),
    samplesInRecovery: found.recovering,
    maxUsedInRedis: found.maxUsed,
    maxUsedInRecovery: found.maxUsedInRecovery,
    owedAtTheEnd: owed,
    inRedisAtTheEnd: { leased, pending, settled, overrun, forgotten: Number(account["forgotten"]) },
    leaked: used + Number(overrun) - owed,
    decisions: auditor.decisions,
    missedForWantOfMoney: sum("missed"),
    ledgerCalls: Object.fromEntries(
      (["syncs", "declares", "settles", "reaps"] as const).map((name) => [name, sum(name)]),
    ),
    roundTripsPerDecision: Number((calls / auditor.decisions).toFixed(4)),
    answersRecovering: sum("recoveries"),
    failedExchanges: sum("failed"),
  };
  console.log(JSON.stringify(figures, null, 2));
  if (figures.maxOverspend > 0 || figures.maxUsedInRedis > amount || figures.leaked !== 0) process.exitCode = 1;
}

async function stopFor(server: RedisServer, ms: number): Promise<void> {
  server.freeze();
  await delay(ms);
  server.thaw();
}

async function copy(server: RedisServer, name: string): Promise<void> {
  await cp(join(server.dir, "appendonlydir"), join(folder, name), { recursive: true });
}

async function restartFrom(server: RedisServer, name: string): Promise<void> {
  await server.kill();
  await rm(join(server.dir, "appendonlydir"), { recursive: true });
  await cp(join(folder, name), join(server.dir, "appendonlydir"), { recursive: true });
  await server.restart();
}

/** Until it was done: a fault without effect would prove nothing. */
async function flushAll(): Promise<void> {
  while ((await reader.flushall().catch(() => "not yet")) !== "OK") await delay(SAMPLE_MS);
}
