/**
 * A DATA_DIR with decisions of real customers and what happened after them: the same bytes at every run. Decided by
 * the core under the shipped program with larger arms, on made scores; outcomes are made, by a hash.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { compileRule } from "../../src/adapters/cel/compile-rule.ts";
import { ProgramArchive } from "../../src/adapters/file/program-archive.ts";
import { readProgram } from "../../src/adapters/file/read-program.ts";
import { TemporalCalendar } from "../../src/adapters/temporal/calendar.ts";
import { decide } from "../../src/core/decision/decide.ts";
import { actionDraw, assignArm } from "../../src/core/decision/luck.ts";
import { recordOf } from "../../src/core/decision/record.ts";
import { noScores } from "../../src/core/decision/score.ts";
import { toMicros } from "../../src/core/domain/money.ts";
import { OUTCOME_SCHEMA, type OutcomeRecord } from "../../src/core/domain/outcome.ts";
import type { Program } from "../../src/core/domain/program.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { uniformFromHash } from "../../src/core/numerics/murmur3.ts";
import { compileProgram } from "../../src/service/compile-program.ts";
import { scoresOf, situationWith } from "./programs.ts";
import { SHIPPED_PROGRAMS } from "./service.ts";

export const DECISIONS = 480;
const CUSTOMERS = fileURLToPath(new URL("../../training/data/hillstrom/hillstrom.csv.gz", import.meta.url));
const START_MS = Date.UTC(2026, 10, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MODEL = { name: "hillstrom-email", version: "1", digest: `sha256:${"a".repeat(64)}` };

export interface ExportLog {
  readonly decisions: readonly DecisionRecord[];
  readonly outcomes: readonly OutcomeRecord[];
}

/** Writes the logs and the program into the folder. */
export async function writeExportLog(dataDir: string): Promise<ExportLog> {
  const program = await archiveProgram(dataDir);
  const customers = await readCustomers();
  const decisions = customers.map((customer, i) => decisionOf(program, customer, i));
  const outcomes = decisions.flatMap((record, i) => outcomesOf(record, i));
  await writeLog(join(dataDir, "decisions", "decisions-20261101T000000000Z-0badcafe.ndjson"), decisions);
  // Told in no order, and some of them twice.
  const told = outcomes.toSorted((a, b) => (hash(a.outcomeId) < hash(b.outcomeId) ? -1 : 1));
  await writeLog(join(dataDir, "outcomes", "outcomes-20261102T000000000Z-0badcafe.ndjson"), [
    ...told,
    ...told.slice(0, 20),
  ]);
  return { decisions, outcomes };
}

async function archiveProgram(dataDir: string): Promise<Program> {
  const shipped = await readFile(join(SHIPPED_PROGRAMS, "hillstrom-email.yaml"), "utf8");
  const changed = shipped
    .replace("holdout: { share: 0.02,", "holdout: { share: 0.1,")
    .replace("evaluation: { share: 0.02,", "evaluation: { share: 0.5,");
  const path = join(dataDir, "hillstrom-email.yaml");
  await mkdir(dataDir, { recursive: true });
  await writeFile(path, changed);
  const read = await readProgram("hillstrom-email", path);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  await new ProgramArchive(join(dataDir, "programs")).keep(read.value);
  const models = { find: () => undefined };
  const compiled = compileProgram(read.value, { models, compileRule, calendar: new TemporalCalendar() });
  if (compiled.ok || compiled.admissible === null) throw new Error("expected a program without its models");
  return compiled.admissible.program;
}

type Customer = Readonly<Record<string, number | string>>;

async function readCustomers(): Promise<readonly Customer[]> {
  const text = gunzipSync(await readFile(CUSTOMERS)).toString("utf8");
  const rows: Record<string, string>[] = parse(text, { columns: true, to: DECISIONS });
  const words = new Set(["history_segment", "zip_code", "channel"]);
  const after = new Set(["segment", "visit", "conversion", "spend"]);
  return rows.map((row, i) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => !after.has(name) && !(i % 12 === 5 && name === "newbie"))
        .map(([name, value]) => [name, words.has(name) ? value : Math.fround(Number(value))]),
    ),
  );
}

function decisionOf(program: Program, customer: Customer, i: number): DecisionRecord {
  const unit = `customer-${i}`;
  const isKnown = i % 40 !== 7;
  const scores = isKnown
    ? scoresOf([
        [toMicros(0.05 + 0.02 * Number(customer["recency"])), 0.02, 0.12],
        [toMicros(0.3 * Number(customer["womens"])), 0.03, 0.1],
      ])
    : noScores(program);
  const context = { surface: i % 2 === 0 ? "checkout" : "home", _internal: i % 3, vip: i % 5 === 0 };
  const situation = situationWith(program, {
    facts: { features: customer, context },
    requested: i % 9 === 4 ? ["mens_email"] : null,
    withheld: isKnown ? null : "cold_start",
    scores,
    draws: { arm: assignArm(program, unit), action: actionDraw(program, unit, `request-${i}`) },
  });
  const record = recordOf(situation, decide(situation), {
    decisionId: idOf(i),
    requestId: `request-${i}`,
    question: null,
    window: null,
    expiresAt: new Date(START_MS + i * MINUTE_MS + 86_400_000).toISOString(),
    time: new Date(START_MS + i * MINUTE_MS).toISOString(),
    status: isKnown ? "normal" : "degraded_features",
    user: unit,
    unit,
    model: MODEL,
    features: null,
    override: null,
    reservation: null,
    active: [],
    latencyMs: 1.5,
  });
  const isOverridden = record.action !== "no_offer" && i % 50 === 3;
  return isOverridden ? { ...record, override: "cap_unknown", realizedAction: "no_offer" } : record;
}

function outcomesOf(record: DecisionRecord, i: number): readonly OutcomeRecord[] {
  const given = record.realizedAction;
  const told: Partial<OutcomeRecord>[] = [];
  const chance = (what: string) => hash(`${what}|${i}`);
  if (given !== "no_offer" && chance("seen") < 0.9) told.push({ type: "exposure" });
  if (given !== "no_offer" && chance("void") < 0.03) told.push({ type: "void" });
  if (given === "no_offer" && chance("spill") < 0.02) told.push({ type: "exposure", action: "mens_email" });
  const visits = chance("visit") < (given === "no_offer" ? 0.1 : 0.3);
  if (visits) told.push({ type: "reward", head: "visit", value: 1 });
  const spent = Math.round(chance("spent") * 6000) / 100;
  if (visits && chance("buys") < 0.5) told.push({ type: "conversion", head: "spend", value: spent });
  if (visits && given !== "no_offer" && chance("redeems") < 0.4) {
    told.push({ type: "redemption", value: 0.25, cost: Math.round(spent * 10) / 100 });
  }
  if (chance("late") < 0.05) told.push({ type: "reward", head: "visit", value: 1, occurredAt: dayAfter(record, 31) });
  return told.map((outcome, k) => ({
    schema: OUTCOME_SCHEMA,
    outcomeId: `outcome-${i}-${k}`,
    decisionId: record.decisionId,
    type: "reward",
    head: null,
    value: null,
    cost: null,
    action: null,
    occurredAt: dayAfter(record, 1),
    receivedAt: dayAfter(record, 40),
    ...outcome,
  }));
}

function dayAfter({ time }: DecisionRecord, days: number): string {
  return new Date(Date.parse(time) + days * DAY_MS).toISOString();
}

function hash(text: string): number {
  return uniformFromHash(`export-log|${text}`);
}

/** A UUID of version 7 that holds the time, as the service makes them. */
function idOf(i: number): string {
  const time = (START_MS + i * MINUTE_MS).toString(16).padStart(12, "0");
  const tail = createHash("sha256").update(`${i}`).digest("hex").slice(0, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`;
}

async function writeLog(path: string, lines: readonly object[]): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
