/**
 * What offline commands make of long logs: records a second of processor time and of the clock, and the most memory.
 *
 *   npm run -s bench:logs -- 1000000        decisions, each with an outcome; a million unless given
 *
 * The decisions are one real record under many ids, so that every one is decided again in replay.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { finished } from "node:stream/promises";
import { RECORD_EXAMPLE } from "../src/contract/record-example.ts";
import { OUTCOME_SCHEMA, type OutcomeRecord } from "../src/core/domain/outcome.ts";

const decisions = Number(process.argv[2] ?? 1_000_000);
const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const START_MS = Date.UTC(2026, 10, 1);
/** Told by the command itself, when it ends. */
const USAGE = 'data:text/javascript,process.on("exit",()=>console.error(JSON.stringify(process.resourceUsage())))';

const COMMANDS: readonly (readonly string[])[] = [
  ["replay"],
  ["replay", "--rescore"],
  ["export", "--to", "dsjson", "--out", "decisions.json"],
  ["export", "--to", "parquet", "--out", "decisions.parquet"],
  ["export", "--to", "training", "--arms", "all", "--out", "training.csv"],
  ["export", "--to", "obp", "--out", "open-bandit"],
];

const folder = await mkdtemp(join(tmpdir(), "liftgate-bench-"));
try {
  await writeLogs(join(folder, "data"));
  console.log(`${decisions} decisions, each with an outcome`);
  for (const command of COMMANDS) measure(command);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function writeLogs(data: string): Promise<void> {
  await mkdir(join(data, "programs"), { recursive: true });
  const { id, version, digest } = RECORD_EXAMPLE.program;
  const archived = `${id}@${version}-${digest.slice("sha256:".length, "sha256:".length + 12)}.yaml`;
  await cp(join(PROJECT, "programs", `${id}.yaml`), join(data, "programs", archived));
  await writeLines(join(data, "decisions"), "decisions-20261101T000000000Z-0badcafe.ndjson", (i) => ({
    ...RECORD_EXAMPLE,
    decisionId: idOf(i),
    time: new Date(START_MS + i).toISOString(),
  }));
  await writeLines(join(data, "outcomes"), "outcomes-20261101T000000000Z-0badcafe.ndjson", outcomeOf);
}

async function writeLines(directory: string, name: string, lineOf: (i: number) => object): Promise<void> {
  await mkdir(directory);
  const file = createWriteStream(join(directory, name));
  for (let i = 0; i < decisions; i++) {
    if (!file.write(`${JSON.stringify(lineOf(i))}\n`)) await once(file, "drain");
  }
  file.end();
  await finished(file);
}

/** In no order: of decision i·step modulo all. */
function outcomeOf(i: number): OutcomeRecord {
  const at = (i * 7_919) % decisions;
  const time = new Date(START_MS + at + 60_000).toISOString();
  return {
    schema: OUTCOME_SCHEMA,
    outcomeId: `outcome-${i}`,
    decisionId: idOf(at),
    type: "reward",
    head: "visit",
    value: 1,
    cost: null,
    action: null,
    occurredAt: time,
    receivedAt: time,
  };
}

function idOf(i: number): string {
  const time = (START_MS + i).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

function measure(command: readonly string[]): void {
  const started = performance.now();
  const main = join(PROJECT, "src", "main.ts");
  const ran = spawnSync(process.execPath, ["--import", USAGE, main, ...command], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], DATA_DIR: "data", MODELS_DIR: join(PROJECT, "models"), TMPDIR: folder },
  });
  if (ran.status !== 0) throw new Error(`${command.join(" ")}: ${ran.stdout}${ran.stderr}`);
  const seconds = (performance.now() - started) / 1000;
  const usage: NodeJS.ResourceUsage = JSON.parse(ran.stderr.trim().split("\n").at(-1) ?? "{}");
  const busySeconds = (usage.userCPUTime + usage.systemCPUTime) / 1e6;
  const rate = (time: number) => `${Math.round(decisions / time).toLocaleString("en-US")}/s`;
  console.log(
    `${command.slice(0, 3).join(" ").padEnd(24)} ${rate(seconds).padStart(10)}, ${rate(busySeconds).padStart(10)} of processor time, peak RSS ${Math.round(usage.maxRSS / 1024)} MiB`,
  );
}
