/**
 * The ledger's invariants in histories by the hundred thousand: what the tests do by the hundred.
 *
 *     node bench/ledger-histories.ts [--ledger pure|embedded|redis] [--count 100000] [--seed 1] [--steps 40]
 *
 * Half of the histories are of a store that remembers (embedded: that restarts), audited to the unit after
 * every step; half of one that goes back in time (embedded: no such). Prints what was done, or the
 * shortest history that goes wrong.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { openRedis } from "../src/adapters/redis/connection.ts";
import { EmbeddedLedgerStore } from "../test/support/embedded-ledger-store.ts";
import { expectHistories, type Histories } from "../test/support/ledger-histories.ts";
import { PureLedgerStore } from "../test/support/pure-ledger.ts";
import { RedisLedgerStore } from "../test/support/redis-ledger-store.ts";
import { startRedisServer } from "../test/support/redis-server.ts";

/** Histories of a real server wait for it most of the time. */
const STREAMS_ON_REDIS = 16;
/** Small enough that the file is compacted within a history. */
const COMPACT_BYTES_MIN = 4_000;

const { values } = parseArgs({
  options: {
    ledger: { type: "string", default: "pure" },
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "40" },
  },
});
const [count, seed, stepsMax] = [Number(values.count), Number(values.seed), Number(values.steps)];

const startedMs = performance.now();
if (values.ledger === "pure") await onPure();
else if (values.ledger === "embedded") await onEmbedded();
else if (values.ledger === "redis") await onRedis();
else throw new Error("--ledger is pure, embedded or redis");
const seconds = (performance.now() - startedMs) / 1_000;
console.log(
  `${values.ledger}: ${count} histories of up to ${stepsMax} steps, seed ${seed}: all hold; ${seconds.toFixed(1)} s`,
);

async function onPure(): Promise<void> {
  const open = async () => new PureLedgerStore();
  for (const memory of ["remembers", "forgets"] as const) {
    await expectHistories({ open, memory, count: count / 2, stepsMax, seed, prefix: memory });
  }
}

async function onEmbedded(): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "liftgate-histories-"));
  try {
    const open = (budget: string) => EmbeddedLedgerStore.open(join(parent, budget), COMPACT_BYTES_MIN);
    await expectHistories({ open, memory: "rebuilds", count, stepsMax, seed, prefix: "h" });
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

async function onRedis(): Promise<void> {
  await using server = await startRedisServer();
  const streams = Array.from({ length: STREAMS_ON_REDIS }, (_, stream): Omit<Histories, "open"> => ({
    memory: stream % 2 === 0 ? "remembers" : "forgets",
    count: Math.ceil(count / STREAMS_ON_REDIS),
    stepsMax,
    seed: seed + stream,
    prefix: `s${stream}`,
  }));
  await Promise.all(streams.map((stream) => oneStream(server.url, stream)));
}

async function oneStream(url: string, stream: Omit<Histories, "open">): Promise<void> {
  const now = () => performance.now();
  const connection = await openRedis({ url, timeoutMs: 2_000, now, onState: () => undefined });
  const operator = new Redis(url);
  try {
    const options = { connection, replicasToConfirm: 0, confirmMs: 0, answerMs: 20_000 };
    await expectHistories({ ...stream, open: async (budget) => new RedisLedgerStore(options, operator, budget) });
  } finally {
    connection.close();
    operator.disconnect();
  }
}
