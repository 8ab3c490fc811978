/**
 * What an outage of the feature store costs callers: the service in its own process, 32 callers, and a
 * Redis that is killed, or frozen, and comes back. Prints latencies before and in the outage and the time
 * to recovery, and writes them to `bench/results/outage-<time>.json`.
 *
 * Run with `node bench/outage.ts`; it takes about 20 s. The callers run in this process.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DemoClient } from "../src/cli/demo/client.ts";
import { type RedisServer, startRedisServer } from "../test/support/redis-server.ts";
import { CUSTOMER } from "../test/support/service.ts";
import { type CallOutcome, SteadyCallers } from "../test/support/steady-callers.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile } from "./statistics.ts";

const CALLERS = 32;
const WARM_UP_MS = 3_000;
const STEADY_MS = 4_000;
const OUTAGE_MS = 4_000;
/** The breaker opens within the first second; from then on no call waits for Redis. */
const FIRST_MS = 1_000;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RESULTS = fileURLToPath(new URL("results/", import.meta.url));
const userIds = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);

interface Latencies {
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface OutageFigures {
  readonly fault: string;
  readonly steady: Latencies;
  readonly firstSecond: Latencies;
  readonly breakerOpen: Latencies;
  /** From the repair to the end of the first call that was decided as before. */
  readonly recoveryMs: number;
  /** Calls without an answer of 200. */
  readonly failed: number;
}

type Fault = readonly [
  name: string,
  strike: (redis: RedisServer) => Promise<void>,
  repair: (redis: RedisServer) => Promise<void>,
];

const FAULTS: readonly Fault[] = [
  ["killed", (redis) => redis.kill(), (redis) => redis.restart()],
  ["frozen", async (redis) => redis.freeze(), async (redis) => redis.thaw()],
];

const dataDir = await mkdtemp(join(tmpdir(), "liftgate-outage-"));
const redis = await startRedisServer(["--appendonly", "yes"]);
const service = await ServerProcess.start({
  name: "service",
  command: [process.execPath, join(ROOT, "src/main.ts"), "serve"],
  environment: {
    PORT: "0",
    DATA_DIR: dataDir,
    REDIS_URL: redis.url,
    MODELS_DIR: join(ROOT, "models"),
    PROGRAMS_DIR: join(ROOT, "programs"),
  },
  core: undefined,
});
try {
  await new DemoClient(service.url).putFeatures(userIds.map((userId) => ({ userId, features: CUSTOMER })));
  const figures: OutageFigures[] = [];
  for (const fault of FAULTS) figures.push(await measure(fault));
  console.log(figures.map(tableOf).join("\n\n"));
  await mkdir(RESULTS, { recursive: true });
  const date = new Date().toISOString();
  await writeFile(
    join(RESULTS, `outage-${date.replaceAll(":", "-")}.json`),
    `${JSON.stringify({ date, callers: CALLERS, figures }, undefined, 2)}\n`,
  );
} finally {
  await service.stop();
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function measure([name, strike, repair]: Fault): Promise<OutageFigures> {
  const callers = new SteadyCallers(service.url, { count: CALLERS, userIds });
  await delay(WARM_UP_MS);
  const steadyMs = performance.now();
  await delay(STEADY_MS);
  const struckMs = performance.now();
  await strike(redis);
  await delay(OUTAGE_MS);
  const outageEndMs = performance.now();
  await repair(redis);
  const repairedMs = performance.now();
  const isBack = ({ status, startedMs }: CallOutcome) => status === "normal" && startedMs > repairedMs;
  await callers.until(1_000, isBack);
  await callers.stop();

  const { outcomes } = callers;
  const between = (fromMs: number, toMs: number) =>
    latenciesOf(outcomes.filter(({ endedMs }) => endedMs >= fromMs && endedMs < toMs));
  return {
    fault: name,
    steady: between(steadyMs, struckMs),
    firstSecond: between(struckMs, struckMs + FIRST_MS),
    breakerOpen: between(struckMs + FIRST_MS, outageEndMs),
    recoveryMs: (outcomes.find(isBack)?.endedMs ?? NaN) - repairedMs,
    failed: outcomes.filter(({ httpStatus }) => httpStatus !== 200).length,
  };
}

function latenciesOf(outcomes: readonly CallOutcome[]): Latencies {
  const sorted = outcomes.map(({ startedMs, endedMs }) => endedMs - startedMs).toSorted((a, b) => a - b);
  return {
    calls: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? NaN,
  };
}

function tableOf({ fault, steady, firstSecond, breakerOpen, recoveryMs, failed }: OutageFigures): string {
  const row = (label: string, { calls, p50Ms, p99Ms, maxMs }: Latencies) =>
    `  ${label.padEnd(24)} ${String(calls).padStart(7)} ${[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1).padStart(8)).join(" ")}`;
  return [
    `Redis ${fault}${" ".repeat(24)}calls   p50 ms   p99 ms   max ms`,
    row("before", steady),
    row("first second of outage", firstSecond),
    row("after that", breakerOpen),
    `  back to normal after ${recoveryMs.toFixed(0)} ms; ${failed} calls failed`,
  ].join("\n");
}
