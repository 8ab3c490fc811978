/**
 * The real service, told what happened after its decisions by several connections: in no order, much of it twice, some
 * before the decision is known, some after the offer expired; killed on the way. What it then says is compared with what
 * is true.
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import { OutcomeLine } from "../../src/contract/outcome-record.ts";
import type { OutcomeRequest } from "../../src/contract/outcomes.ts";
import { becomes, OutcomeLife } from "./outcome-life.ts";
import { callsOf, EXPIRING, LASTING, outcomesOf, owedBy, PROGRAMS, type Told } from "./outcome-truth.ts";
import { TINY_USER } from "./tiny-program.ts";

const USERS = Array.from({ length: 250 }, (_, i) => `user-${i}`);
const MATCHED = "liftgate_outcomes_matched_total";
const SETTLED = "liftgate_settlements_total";
/** One in so many batches is of the program whose offers expire. */
const EXPIRING_EVERY = 4;

export interface OutcomeRunOptions {
  /** Holds the programs and the DATA_DIR. */
  readonly folder: string;
  readonly modelsDir: string;
  /** About so many; each has four outcomes. */
  readonly decisions: number;
  readonly connections: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

/** Something that must be as expected. */
export interface Check {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
}

export interface OutcomeReport {
  readonly checks: readonly Check[];
  /** Acknowledged, repeated ones included. */
  readonly told: number;
  /** Acknowledged as repeated. */
  readonly duplicates: number;
  /** Acknowledged when their decision was not known. */
  readonly unknown: number;
  readonly perSecond: number;
  /** Processor time of the service for one told outcome. */
  readonly cpuMicrosEach: number;
  /** Memory of the last life's own, when its share had begun to be told and when it was. */
  readonly ownBytes: { readonly start: number; readonly end: number };
}

type Calls = readonly (readonly OutcomeRequest[])[];

interface Truth {
  readonly decisions: readonly Told[];
  readonly outcomes: readonly OutcomeRequest[];
}

export async function runOutcomes(options: OutcomeRunOptions): Promise<OutcomeReport> {
  return await new OutcomeRun(options).run();
}

class OutcomeRun {
  readonly #options: OutcomeRunOptions;
  readonly #dataDir: string;
  readonly #sum = { told: 0, accepted: 0, duplicates: 0, unknown: 0, sendingMs: 0, cpuMicros: 0 };

  constructor(options: OutcomeRunOptions) {
    this.#options = options;
    this.#dataDir = join(options.folder, "data");
  }

  async run(): Promise<OutcomeReport> {
    const { folder, decisions, seed, progress } = this.#options;
    await mkdir(join(folder, "programs"), { recursive: true });
    for (const [id, yaml] of Object.entries(PROGRAMS)) await writeFile(join(folder, "programs", `${id}.yaml`), yaml);
    // Two lives, which have segments of their own.
    const hidden = await this.#decide(Math.floor(decisions / 2));
    const restore = await this.#hideDecisions();
    const known = await this.#decide(decisions - hidden.length);
    // What was hidden is not in the index either.
    await this.#dropIndex();
    const told = [...hidden, ...known];
    const outcomes = outcomesOf(told, seed);
    const truth = { decisions: told, outcomes };
    const calls = callsOf(outcomes, { repeated: Math.floor(outcomes.length / 4), seed });

    progress(`${outcomes.length} outcomes in ${calls.length} calls, decisions of half of them unknown`);
    const left = await this.#firstLife(calls);
    await restore();
    progress(`killed; ${left.length} calls were not acknowledged`);
    const { checks, ownBytes } = await this.#secondLife(left, truth);
    progress("told; the index is made from the logs again");
    const log = await this.#linesInLog();
    const { duplicates, unknown } = this.#sum;
    return {
      checks: [
        ...checks,
        { what: "outcomes in the log", expected: outcomes.length, found: log.distinct },
        { what: "lines of the log beyond those", expected: 0, found: log.lines - log.distinct },
        ...(await this.#thirdLife(truth)),
      ],
      told: this.#sum.told,
      duplicates,
      unknown,
      perSecond: (this.#sum.told * 1_000) / this.#sum.sendingMs,
      cpuMicrosEach: this.#sum.cpuMicros / this.#sum.told,
      ownBytes,
    };
  }

  /** A life that makes decisions, about so many. */
  async #decide(count: number): Promise<readonly Told[]> {
    const life = await this.#start();
    await life.putFeatures(USERS, TINY_USER);
    const decided: Told[] = [];
    const decide = async (program: string) => {
      const batch = await life.decide(program, USERS.slice(0, Math.max(1, count - decided.length)));
      decided.push(...batch);
      return batch.some(({ paid }) => paid);
    };
    // Nobody is paid before the first prices.
    for (const program of [LASTING, EXPIRING]) await becomes(() => decide(program));
    for (let turn = 0; decided.length < count; turn++) await decide(turn % EXPIRING_EVERY === 0 ? EXPIRING : LASTING);
    await life.end("SIGTERM");
    this.#options.progress(`${decided.length} decisions`);
    return decided;
  }

  /** Takes the segments out of the service's sight; how to put them back. */
  async #hideDecisions(): Promise<() => Promise<void>> {
    const aside = join(this.#options.folder, "aside");
    await mkdir(aside);
    const segments = await listSegments(join(this.#dataDir, "decisions"), "decisions");
    for (const { path } of segments) await rename(path, join(aside, basename(path)));
    return async () => {
      for (const { path } of segments) await rename(join(aside, basename(path)), path);
    };
  }

  /** Is killed once half is acknowledged; the calls that were not. */
  async #firstLife(calls: Calls): Promise<Calls> {
    const life = await this.#start();
    await becomes(async () => (await life.money(EXPIRING)).pendingMicros === 0);
    return await this.#tell(life, calls, Math.floor(calls.length / 2));
  }

  async #secondLife(left: Calls, truth: Truth): Promise<Pick<OutcomeReport, "checks" | "ownBytes">> {
    const life = await this.#start();
    const { distinct } = await this.#linesInLog();
    const matchedBefore = await life.counted(MATCHED);
    const before = { ...this.#sum };
    const start = life.ownBytes;
    await this.#tell(life, left, Infinity);
    const ownBytes = { start, end: life.ownBytes };
    const expected = truth.outcomes.length - distinct;
    const checks = [
      { what: "accepted by the second life", expected, found: this.#sum.accepted - before.accepted },
      { what: "matched by the second life", expected, found: (await life.counted(MATCHED)) - matchedBefore },
      { what: "unknown to the second life", expected: 0, found: this.#sum.unknown - before.unknown },
      ...(await moneyChecks(life, truth)),
    ];
    await life.end("SIGTERM");
    return { checks, ownBytes };
  }

  /** Makes its index from the logs: everything is counted anew, and no money moves a second time. */
  async #thirdLife(truth: Truth): Promise<readonly Check[]> {
    await this.#dropIndex();
    const life = await this.#start();
    const paid = new Set(truth.decisions.flatMap((decision) => (decision.paid ? [decision.decisionId] : [])));
    const settling = truth.outcomes.filter(({ type }) => type === "redemption" || type === "void");
    const settlements = settling.filter(({ decisionId }) => paid.has(decisionId)).length;
    await becomes(async () => (await life.counted(SETTLED)) >= settlements);
    const checks = [
      { what: "matched by an index made anew", expected: truth.outcomes.length, found: await life.counted(MATCHED) },
      { what: "settlements told again", expected: settlements, found: await life.counted(SETTLED) },
      ...(await moneyChecks(life, truth)).map((check) => ({ ...check, what: `${check.what}, told again` })),
    ];
    await life.end("SIGTERM");
    return checks;
  }

  /** Tells all; or until so many calls are acknowledged, when the service is killed. The calls that were not. */
  async #tell(life: OutcomeLife, calls: Calls, killAfter: number): Promise<Calls> {
    const left = new Set(calls);
    const waiting = calls.values();
    const startedMs = performance.now();
    const cpuBefore = life.cpuMicros;
    const deaths: Promise<void>[] = [];
    const connections = Array.from({ length: this.#options.connections }, async () => {
      for (const call of waiting) {
        const answer = await life.tell(call);
        if (answer === null) {
          if (deaths.length === 0) throw new Error("the service is gone, and nobody killed it");
          return;
        }
        if (answer.refused > 0) throw new Error(`expected no outcome to be refused, got ${answer.refused}`);
        left.delete(call);
        this.#sum.told += call.length;
        this.#sum.accepted += answer.accepted;
        this.#sum.duplicates += answer.duplicates;
        this.#sum.unknown += answer.unknown;
        if (calls.length - left.size < killAfter || deaths.length > 0) continue;
        this.#sum.cpuMicros += life.cpuMicros - cpuBefore;
        deaths.push(life.end("SIGKILL"));
      }
    });
    await Promise.all(connections);
    this.#sum.sendingMs += performance.now() - startedMs;
    await Promise.all(deaths);
    if (deaths.length === 0) this.#sum.cpuMicros += life.cpuMicros - cpuBefore;
    return [...left];
  }

  async #linesInLog(): Promise<{ readonly lines: number; readonly distinct: number }> {
    const segments = await listSegments(join(this.#dataDir, "outcomes"), "outcomes");
    const ids = new Set<string>();
    let lines = 0;
    for await (const entry of readSegments(segments.map(({ path }) => path))) {
      if (entry.kind !== "record") continue;
      lines += 1;
      ids.add(OutcomeLine.parse(entry.record).outcomeId);
    }
    return { lines, distinct: ids.size };
  }

  async #dropIndex(): Promise<void> {
    await rm(join(this.#dataDir, "index"), { recursive: true });
  }

  async #start(): Promise<OutcomeLife> {
    const { folder, modelsDir } = this.#options;
    return await OutcomeLife.start({
      MODELS_DIR: modelsDir,
      PROGRAMS_DIR: join(folder, "programs"),
      DATA_DIR: this.#dataDir,
    });
  }
}

/** Waits until what is owed is settled, which it is in the background. */
async function moneyChecks(life: OutcomeLife, { decisions, outcomes }: Truth): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const program of [LASTING, EXPIRING]) {
    const { owedMicros, pendingMicros } = owedBy(program, decisions, outcomes);
    await becomes(async () => {
      const found = await life.money(program);
      return found.owedMicros >= owedMicros && found.pendingMicros <= pendingMicros;
    });
    const found = await life.money(program);
    checks.push({ what: `${program}: micros owed`, expected: owedMicros, found: found.owedMicros });
    checks.push({ what: `${program}: micros held`, expected: pendingMicros, found: found.pendingMicros });
  }
  return checks;
}
