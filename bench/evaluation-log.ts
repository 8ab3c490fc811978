/**
 * A log of many decisions, made by the core itself on made scores, and a candidate to be judged on it. 3 in 10 decisions
 * have an outcome; every customer comes once.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
import type { Scores } from "../src/core/domain/decision.ts";
import { toMicros } from "../src/core/domain/money.ts";
import { OUTCOME_SCHEMA } from "../src/core/domain/outcome.ts";
import type { Program } from "../src/core/domain/program.ts";
import type { DecisionRecord } from "../src/core/domain/record.ts";
import { compileProgram } from "../src/service/compile-program.ts";
import { Random } from "../src/simulation/random.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const START_MS = Date.UTC(2026, 10, 1);
const SEGMENT_ROWS = 50_000;
const OUTCOMES = 0.3;

/** What decided, with which model, and how the candidate differs. */
export interface Case {
  readonly program: string;
  readonly yaml: string;
  readonly candidateYaml: string;
  readonly models: string;
  readonly model: string;
  /** What is known of a customer, and what the model reads of it. */
  readonly customer: (random: Random, i: number) => Customer;
}

interface Customer {
  readonly features: Readonly<Record<string, number | string>>;
  readonly encoded: readonly number[];
}

/** 8 actions, `no_offer` among them; the candidate explores less, and needs no model. */
export function wideCase(): Case {
  const offers = Array.from({ length: 7 }, (_, k) => `  - { id: offer_${k + 1}, channel: email, fixedCost: 0.01 }`);
  const yaml = `program: wide
version: 1
state: live
randomizationUnit: user
currency: USD
actions:
  - { id: no_offer }
${offers.join("\n")}
models:
  - { model: wide@1 }
objective:
  maximize: profit
  value:
    - { head: visit, valuePerUnit: 3.00 }
  cost: incentive
eligibility: '!has(features.recency) || features.recency <= 12.0'
holdout: { share: 0.1, salt: holdout }
evaluation: { share: 0.1, salt: evaluation }
exploration: { strategy: inverse-gap, gamma: 10, gapUnit: 1.00 }
features: { maxAge: 24h, coldStart: no_offer }
`;
  return {
    program: "wide",
    yaml,
    candidateYaml: yaml.replace("version: 1", "version: 2").replace("gamma: 10,", "gamma: 20,"),
    models: join(ROOT, "test/golden/onnx"),
    model: "wide/1",
    customer: (random, i) => {
      const recency = random.whole(1, 13);
      const spent = Math.fround(random.between(30, 900));
      const channel = ["web", "phone"][i % 2] ?? "";
      return {
        features: { recency, spent, channel, newbie: Number(i % 3 === 0) },
        encoded: [recency, spent, i % 2, Number(i % 3 === 0)],
      };
    },
  };
}

/** The shipped program and model; the candidate values a visit otherwise, so that every decision is scored again. */
export async function shippedCase(): Promise<Case> {
  const shipped = await readFile(join(ROOT, "programs/hillstrom-email.yaml"), "utf8");
  const yaml = shipped.replace(/share: 0\.02/g, "share: 0.1").replace("gamma: 1000", "gamma: 10");
  return {
    program: "hillstrom-email",
    yaml,
    candidateYaml: yaml.replace("version: 1", "version: 2").replace("valuePerUnit: 3.00", "valuePerUnit: 4.00"),
    models: join(ROOT, "models"),
    model: "hillstrom-email/1",
    customer: (random, i) => {
      const recency = random.whole(1, 13);
      const history = Math.fround(random.between(30, 900));
      return {
        features: {
          recency,
          history,
          mens: 1,
          womens: i % 2,
          newbie: i % 2,
          zip_code: ["Rural", "Urban"][i % 2] ?? "",
          channel: "Web",
        },
        encoded: [recency, i % 7, history, 1, i % 2, i % 3, i % 2, 2],
      };
    },
  };
}

/** Writes a data folder's programs, decisions and outcomes; the candidate's file. */
export async function writeEvaluationLog(folder: string, of: Case, decisions: number): Promise<string> {
  const decider = await deciderOf(folder, of);
  const random = new Random(1, "evaluation");
  await mkdir(join(folder, "decisions"));
  await mkdir(join(folder, "outcomes"));
  for (let first = 0; first < decisions; first += SEGMENT_ROWS) {
    const atMs = START_MS + first;
    const lines = createWriteStream(join(folder, "decisions", segmentFileName("decisions", atMs, "0badcafe")));
    const told = createWriteStream(join(folder, "outcomes", segmentFileName("outcomes", atMs, "0badcafe")));
    for (let i = first; i < Math.min(decisions, first + SEGMENT_ROWS); i++) {
      const record = recordAt(decider, of.customer(random, i), { i, random });
      if (!lines.write(`${JSON.stringify(record)}\n`)) await once(lines, "drain");
      if (random.uniform() < OUTCOMES) told.write(`${JSON.stringify(outcomeOf(record, i))}\n`);
    }
    for (const stream of [lines, told]) await new Promise((resolve) => stream.end(resolve));
  }
  const candidate = join(folder, "candidate.yaml");
  await writeFile(candidate, of.candidateYaml);
  return candidate;
}

interface Decider {
  readonly program: Program;
  readonly model: DecisionRecord["model"];
  readonly contract: string;
}

/** The program that decides, archived as a service does, and what records say of its model. */
async function deciderOf(folder: string, of: Case): Promise<Decider> {
  const path = join(folder, `${of.program}.yaml`);
  await writeFile(path, of.yaml);
  const text = await readProgram(of.program, path);
  if (!text.ok) throw new Error(JSON.stringify(text.faults));
  await new ProgramArchive(join(folder, "programs")).keep(text.value);
  const calendar = new TemporalCalendar();
  const compiled = compileProgram(text.value, { models: { find: () => undefined }, compileRule, calendar });
  const program = compiled.ok ? compiled.value : compiled.admissible?.program;
  if (program === undefined) throw new Error("the program is not right");
  const opened = await new ModelFolder({ directory: of.models, now: Date.now }).open(of.model);
  if (!opened.ok) throw new Error(`the model does not open: ${JSON.stringify(opened.faults)}`);
  const { name, version, digest, contract } = opened.value;
  await opened.value.release();
  return { program, model: { name, version, digest }, contract: contract.digest };
}

function recordAt(
  { program, model, contract }: Decider,
  { features, encoded }: Customer,
  { i, random }: { readonly i: number; readonly random: Random },
): DecisionRecord {
  const unit = `customer-${i}`;
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
    scores: drawnScores(program, random),
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
    model,
    features: { contract, values: encoded, observedAt: time, missing: [], stale: false },
    override: null,
    reservation: null,
    active: [],
    latencyMs: 1.5,
  });
}

/** Each offer is worth up to 1, and costs a half or a third of that. */
function drawnScores({ actions }: Program, random: Random): Scores {
  const offers = actions.slice(1).map((_, k) => {
    const value = toMicros(random.between(0, 1));
    return { value, cost: toMicros(value / (k % 2 === 0 ? 3 : 2)) };
  });
  return {
    value: [0, ...offers.map(({ value }) => value)],
    valueStd: [0, ...offers.map(() => 0.01)],
    cost: [0, ...offers.map(({ cost }) => cost)],
    replicates: null,
  };
}

/** Who was offered something costs what was expected. */
function outcomeOf({ decisionId, time, candidates, action }: DecisionRecord, i: number) {
  const cost = candidates.find((candidate) => candidate.action === action)?.cost ?? 0;
  return {
    schema: OUTCOME_SCHEMA,
    outcomeId: `outcome-${i}`,
    decisionId,
    type: "redemption",
    head: null,
    value: 3,
    cost: toMicros(cost / OUTCOMES),
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
