/**
 * Ten minutes of everything at a steady rate: decisions with requestIds, some asked again, their outcomes in groups, and
 * a reload of a raised program version every few seconds, on one Redis. Memory must not grow: neither the heap after a
 * collection nor what the process has of its own.
 *
 *     node bench/soak.ts [--minutes 10] [--rate 400]
 *
 * The service runs with an inspector on loopback, through which collections are asked for and the heap is read. Exit code
 * 1 when a call fails, or when either line rises by 5 % or more over the last two thirds.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DecideAnswer } from "../src/contract/decide.ts";
import { freePort } from "../test/support/free-port.ts";
import { Inspector } from "../test/support/inspector.ts";
import { startRedisServer } from "../test/support/redis-server.ts";
import { CUSTOMER, PROGRAM } from "../test/support/service.ts";
import { slopeOf } from "./slope.ts";
import { ServerProcess } from "./server-process.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MIB = 1024 * 1024;
const USERS = 20_000;
const UPLOAD_ROWS = 1_000;
/** More than the memory of answers holds: 32 MiB of some 400 bytes. */
const FILL_ANSWERS = 120_000;
const FILL_BATCH = 200;
const TICK_MS = 100;
const SAMPLE_MS = 5_000;
const RELOAD_MS = 7_000;
const OUTCOMES_EVERY_MS = 1_000;
/** A rise of less is no leak that anybody could see in ten minutes. */
const RISE_MAX = 0.05;
const MONEY = `
budget: { amount: 6000000, period: { every: day, timezone: UTC }, reserve: expected, epoch: 5s }
caps: [{ scope: user, channel: email, max: 100, per: 30d }]
`;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, rate: { type: "string", default: "400" } },
});
const minutes = Number(values.minutes);
const perTick = Math.max(1, Math.round((Number(values.rate) * TICK_MS) / 1_000));
const startedMs = performance.now();
const folder = await mkdtemp(join(tmpdir(), "liftgate-soak-"));
const programsDir = join(folder, "programs");
const redis = await startRedisServer();
const inspectorPort = await freePort();
await cp(join(ROOT, "programs"), programsDir, { recursive: true });
const yaml = (await readFile(join(programsDir, `${PROGRAM}.yaml`), "utf8")).concat(MONEY);
await writeVersion(1);
const service = await ServerProcess.start({
  name: "service",
  command: [process.execPath, `--inspect=127.0.0.1:${inspectorPort}`, join(ROOT, "src/main.ts"), "serve"],
  environment: {
    PORT: "0",
    DATA_DIR: join(folder, "data"),
    REDIS_URL: redis.url,
    MODELS_DIR: join(ROOT, "models"),
    PROGRAMS_DIR: programsDir,
  },
  core: undefined,
});

const told = { decisions: 0, retries: 0, outcomes: 0, reloads: 0, failed: 0, firstFailure: "" };
/** Decisions whose outcome is to be told. */
let offers: string[] = [];
let version = 1;
try {
  await putFeatures();
  await fill();
  const samples = await load();
  report(samples);
} finally {
  await service.stop();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

interface Sample {
  readonly atSeconds: number;
  /** Used by JavaScript after a collection. */
  readonly heapBytes: number;
  /** The process's own. */
  readonly ownBytes: number;
}

async function load(): Promise<readonly Sample[]> {
  const inspector = await Inspector.connect(inspectorPort);
  const samples: Sample[] = [];
  const endMs = performance.now() + minutes * 60_000;
  const due = { sampleMs: 0, reloadMs: 0, outcomesMs: 0 };
  const underWay = new Set<Promise<void>>();
  const begin = (work: Promise<void>): void => {
    const kept = work.catch(noteFailure).finally(() => underWay.delete(kept));
    underWay.add(kept);
  };
  for (let tick = 0; performance.now() < endMs; tick++) {
    const nowMs = performance.now();
    for (let i = 0; i < perTick; i++) begin(decide(tick * perTick + i));
    if (nowMs >= due.outcomesMs) {
      due.outcomesMs = nowMs + OUTCOMES_EVERY_MS;
      begin(tell(offers.splice(0)));
    }
    if (nowMs >= due.reloadMs) {
      due.reloadMs = nowMs + RELOAD_MS;
      begin(reload());
    }
    if (nowMs >= due.sampleMs) {
      due.sampleMs = nowMs + SAMPLE_MS;
      const heapBytes = await inspector.heapAfterCollection();
      const sample = { atSeconds: (nowMs - startedMs) / 1_000, heapBytes, ownBytes: service.ownBytes() };
      samples.push(sample);
      progress(`heap ${mib(heapBytes)}, own ${mib(sample.ownBytes)} MiB; ${told.decisions} decisions`);
    }
    await delay(Math.max(0, nowMs + TICK_MS - performance.now()));
  }
  await Promise.all(underWay);
  inspector.close();
  return samples;
}

/** What is remembered up to a bound is full before anything is measured. */
async function fill(): Promise<void> {
  for (let start = 0; start < FILL_ANSWERS; start += FILL_BATCH) {
    const requests = Array.from({ length: FILL_BATCH }, (_, i) => {
      const number = start + i;
      return { programId: PROGRAM, userId: `user-${number % USERS}`, requestId: `fill-${number}` };
    });
    await call("POST", "/v1/decide/batch", { requests });
  }
  progress(`${FILL_ANSWERS} answers before the start`);
}

/** One in twenty is asked once more. */
async function decide(number: number): Promise<void> {
  const body = { programId: PROGRAM, userId: `user-${(number * 7_919) % USERS}`, requestId: `request-${number}` };
  const text = await call("POST", "/v1/decide", body);
  told.decisions += 1;
  const { action, decisionId } = DecideAnswer.parse(JSON.parse(text));
  if (action !== "no_offer") offers.push(decisionId);
  if (number % 20 > 0) return;
  if ((await call("POST", "/v1/decide", body)) !== text) throw new Error("a retry was answered otherwise");
  told.retries += 1;
}

async function tell(decisionIds: readonly string[]): Promise<void> {
  const occurredAt = new Date().toISOString();
  const outcomes = decisionIds
    .slice(0, 400)
    .flatMap((decisionId, i) => [
      { outcomeId: `seen-${decisionId}`, decisionId, type: "exposure", occurredAt },
      i % 3 === 0
        ? { outcomeId: `used-${decisionId}`, decisionId, type: "redemption", cost: 0.25, occurredAt }
        : { outcomeId: `visit-${decisionId}`, decisionId, type: "reward", head: "visit", value: 1, occurredAt },
    ]);
  if (outcomes.length === 0) return;
  await call("POST", "/v1/outcomes", { outcomes });
  told.outcomes += outcomes.length;
}

async function reload(): Promise<void> {
  await writeVersion(++version);
  await call("POST", "/v1/reload", {});
  told.reloads += 1;
}

async function writeVersion(number: number): Promise<void> {
  await writeFile(join(programsDir, `${PROGRAM}.yaml`), yaml.replace("version: 1", `version: ${number}`));
}

async function putFeatures(): Promise<void> {
  for (let start = 0; start < USERS; start += UPLOAD_ROWS) {
    const users = Array.from({ length: UPLOAD_ROWS }, (_, i) => ({ userId: `user-${start + i}`, features: CUSTOMER }));
    // A service that has just started on a busy machine may miss its store's deadline.
    const write = () => call("PUT", "/v1/features", { users });
    await write().catch(write);
  }
}

async function call(method: string, path: string, body: object): Promise<string> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text;
}

function noteFailure(error: unknown): void {
  told.failed += 1;
  told.firstFailure ||= String(error);
}

function report(samples: readonly Sample[]): void {
  const late = samples.slice(Math.floor(samples.length / 3));
  const lines = [
    { what: "heap after a collection", of: ({ heapBytes }: Sample) => heapBytes },
    { what: "memory of its own", of: ({ ownBytes }: Sample) => ownBytes },
  ].map(({ what, of }) => {
    const { level, rise } = slopeOf(late.map((sample) => ({ x: sample.atSeconds, y: of(sample) })));
    const isFlat = rise < level * RISE_MAX;
    const share = ((100 * rise) / level).toFixed(1);
    console.log(`${isFlat ? "ok    " : "BROKEN"} ${what}: ${mib(level)} MiB, rising by ${mib(rise)} MiB (${share} %)`);
    return isFlat;
  });
  console.log(JSON.stringify(told));
  if (lines.includes(false) || told.failed > 0) process.exitCode = 1;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

function progress(line: string): void {
  console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${line}`);
}
