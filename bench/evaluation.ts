/**
 * `liftgate evaluate` as a process, on a log of many decisions: time, and the most memory it ever had.
 *
 *   npm run -s bench:evaluation -- 1000000             decisions × 3 actions, nothing is scored again
 *   npm run -s bench:evaluation -- 1000000 rescore     the shipped model scores every decision again, twice
 *
 * Records are the core's own, of the shipped program on made scores; 3 in 10 decisions have an outcome.
 */
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { compileRule } from "../src/adapters/cel/compile-rule.ts";
import { ProgramArchive } from "../src/adapters/file/program-archive.ts";
import { readProgram } from "../src/adapters/file/read-program.ts";
import { segmentFileName } from "../src/adapters/file/segment-name.ts";
import { ModelFolder } from "../src/adapters/onnx/model-folder.ts";
import { TemporalCalendar } from "../src/adapters/temporal/calendar.ts";
import { decide } from "../src/core/decision/decide.ts";
import { actionDraw, assignArm } from "../src/core/decision/luck.ts";
import { recordOf } from "../src/core/decision/record.ts";
import { toMicros } from "../src/core/domain/money.ts";
import { OUTCOME_SCHEMA } from "../src/core/domain/outcome.ts";
import type { Program } from "../src/core/domain/program.ts";
import type { DecisionRecord } from "../src/core/domain/record.ts";
import { compileProgram } from "../src/service/compile-program.ts";
import { Random } from "../src/simulation/random.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const START_MS = Date.UTC(2026, 10, 1);
const SEGMENT_ROWS = 50_000;
const POLL_MS = 100;

const decisions = Number(process.argv[2] ?? 1_000_000);
const isRescored = process.argv[3] === "rescore";

const folder = await mkdtemp(join(tmpdir(), "liftgate-bench-"));
try {
  const { program, candidate } = await writePrograms();
  const models = new ModelFolder({ directory: join(ROOT, "models"), now: Date.now });
  const opened = await models.open("hillstrom-email/1");
  if (!opened.ok) throw new Error("the shipped model does not open");
  const { name, version, digest, contract } = opened.value;
  await writeLogs(program, { model: { name, version, digest }, contract: contract.digest });
  await opened.value.release();
  await measure(candidate);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The program that decided, archived; and the file of one that is to be judged. */
async function writePrograms() {
  const shipped = await readFile(join(ROOT, "programs/hillstrom-email.yaml"), "utf8");
  const arms = shipped.replace(/share: 0\.02/g, "share: 0.1").replace("gamma: 1000", "gamma: 10");
  const path = join(folder, "hillstrom-email.yaml");
  const candidate = join(folder, "candidate.yaml");
  await writeFile(path, arms);
  const changed = arms.replace("version: 1", "version: 2").replace("gamma: 10 ", "gamma: 20 ");
  await writeFile(
    candidate,
    changed.replace("valuePerUnit: 3.00", isRescored ? "valuePerUnit: 4.00" : "valuePerUnit: 3.00"),
  );
  const text = await readProgram("hillstrom-email", path);
  if (!text.ok) throw new Error(JSON.stringify(text.faults));
  await new ProgramArchive(join(folder, "programs")).keep(text.value);
  const calendar = new TemporalCalendar();
  const compiled = compileProgram(text.value, { models: { find: () => undefined }, compileRule, calendar });
  const program = compiled.ok ? compiled.value : compiled.admissible?.program;
  if (program === undefined) throw new Error("the program is not right");
  return { program, candidate };
}

interface Scored {
  readonly model: DecisionRecord["model"];
  readonly contract: string;
}

async function writeLogs(program: Program, scored: Scored): Promise<void> {
  const random = new Random(1, "evaluation");
  await mkdir(join(folder, "decisions"));
  await mkdir(join(folder, "outcomes"));
  for (let first = 0; first < decisions; first += SEGMENT_ROWS) {
    const atMs = START_MS + first;
    const lines = createWriteStream(join(folder, "decisions", segmentFileName("decisions", atMs, "0badcafe")));
    const told = createWriteStream(join(folder, "outcomes", segmentFileName("outcomes", atMs, "0badcafe")));
    for (let i = first; i < Math.min(decisions, first + SEGMENT_ROWS); i++) {
      const record = recordAt(program, scored, { i, random });
      if (!lines.write(`${JSON.stringify(record)}\n`)) await once(lines, "drain");
      if (random.uniform() < 0.3) told.write(`${JSON.stringify(outcomeOf(record, i))}\n`);
    }
    for (const stream of [lines, told]) await new Promise((resolve) => stream.end(resolve));
  }
}

function recordAt(program: Program, scored: Scored, { i, random }: { readonly i: number; readonly random: Random }) {
  const unit = `customer-${i}`;
  const recency = random.whole(1, 13);
  const history = Math.fround(random.between(30, 900));
  const features = {
    recency,
    history,
    mens: 1,
    womens: i % 2,
    newbie: i % 2,
    zip_code: ["Rural", "Urban"][i % 2] ?? "",
    channel: "Web",
  };
  const situation = {
    program,
    mode: program.state,
    facts: { features, context: { surface: "home" } },
    requested: null,
    withheld: null,
    closed: null,
    availableMicros: null,
    explorationMicros: null,
    basis: "model" as const,
    scores: scoresOfTwo(random),
    pacing: { epoch: 0, lambda: 0, mu: {}, rho: null, inPeriod: null },
    draws: { arm: assignArm(program, unit), action: actionDraw(program, unit, `request-${i}`) },
  };
  const time = new Date(START_MS + i).toISOString();
  return recordOf(situation, decide(situation), {
    decisionId: idOf(i),
    requestId: `request-${i}`,
    question: null,
    window: null,
    expiresAt: time,
    time,
    status: "normal",
    user: unit,
    unit,
    model: scored.model,
    features: {
      contract: scored.contract,
      values: [recency, i % 7, history, 1, i % 2, i % 3, i % 2, 2],
      observedAt: time,
      missing: [],
      stale: false,
    },
    override: null,
    reservation: null,
    active: [],
    latencyMs: 1.5,
  });
}

function scoresOfTwo(random: Random) {
  const [a, b] = [toMicros(random.between(0, 1)), toMicros(random.between(0, 1))];
  return { value: [0, a, b], valueStd: [0, 0.01, 0.01], cost: [0, toMicros(a / 3), toMicros(b / 2)], replicates: null };
}

function outcomeOf({ decisionId, time }: DecisionRecord, i: number) {
  return {
    schema: OUTCOME_SCHEMA,
    outcomeId: `outcome-${i}`,
    decisionId,
    type: "redemption",
    head: null,
    value: 3,
    cost: 0.5,
    action: null,
    occurredAt: time,
    receivedAt: time,
  };
}

function idOf(i: number): string {
  const time = (START_MS + i).toString(16).padStart(12, "0");
  const tail = createHash("sha256").update(`${i}`).digest("hex").slice(0, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`;
}

async function measure(candidate: string): Promise<void> {
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [join(ROOT, "src/main.ts"), "evaluate", "--candidate", candidate, "--out", join(folder, "report")],
    {
      cwd: ROOT,
      env: { PATH: process.env["PATH"], DATA_DIR: folder },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const closed = once(child, "close").then(() => true);
  let peakMiB = 0;
  while (!(await Promise.race([closed, delay(POLL_MS, false)]))) peakMiB = Math.max(peakMiB, peakOf(child.pid));
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${decisions} decisions: ${seconds.toFixed(1)} s, peak RSS ${peakMiB.toFixed(0)} MiB`);
}

/** In MiB; 0 once the process is gone. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
