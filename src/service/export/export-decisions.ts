/**
 * Decisions out of the log into a file: read → leave out → join → write, in bounded memory.
 *
 * Lines go through in groups: a group's outcomes are looked up at once.
 */
import { Record as DecisionLine } from "../../contract/record.ts";
import type { Program } from "../../core/domain/program.ts";
import type { DecisionRecord } from "../../core/domain/record.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import { type JoinTerms, joinOutcomes } from "../../core/evaluation/join.ts";
import type { ExportSink, OutcomeLookup } from "../../core/export-ports.ts";
import type { OpenProgram } from "../check-record.ts";
import type { Format } from "./format.ts";
import { type Reward, rewardOf } from "./joined-decision.ts";

/** Lines looked up together: a look-up costs little a line; more would be held for longer than the young heap keeps. */
const GROUP = 1_024;

export type LogLine =
  | { readonly kind: "record"; readonly path: string; readonly line: number; readonly record: object }
  | { readonly kind: "corrupt"; readonly path: string; readonly line: number; readonly rule: string }
  | { readonly kind: "torn"; readonly path: string; readonly line: number };

export interface ExportTerms {
  readonly join: JoinTerms;
  readonly reward: Reward;
  /** Why a record is left out; null: it is not. */
  readonly leftOut: (record: DecisionRecord) => string | null;
}

export interface ExportPorts {
  readonly lines: AsyncIterable<LogLine>;
  readonly outcomes: OutcomeLookup;
  readonly openProgram: OpenProgram;
  readonly format: Format;
  readonly sink: ExportSink;
}

export interface ExportReport {
  readonly exported: number;
  readonly torn: number;
  /** Records left out as asked, by why. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Lines that could not be exported: where, and what is wrong; the first ones. */
  readonly faults: readonly string[];
  readonly faulty: number;
  /** Outcomes that count for the decisions exported, by type; those outside the window. */
  readonly counted: Readonly<Record<string, number>>;
  readonly outside: number;
  readonly contaminated: number;
}

/** Faults told in full; the rest is counted. */
const FAULTS_SHOWN_MAX = 20;

export async function exportDecisions(ports: ExportPorts, terms: ExportTerms): Promise<ExportReport> {
  const exporter = new Exporter(ports, terms);
  let group: LogLine[] = [];
  for await (const line of ports.lines) {
    group.push(line);
    if (group.length < GROUP) continue;
    await exporter.take(group);
    group = [];
  }
  await exporter.take(group);
  await ports.sink.finish(ports.format.tables());
  return exporter.report;
}

interface Kept {
  readonly record: DecisionRecord;
  readonly program: Program;
}

class Exporter {
  readonly #ports: ExportPorts;
  readonly #terms: ExportTerms;
  /** By digest: the program, or why it cannot be had. */
  readonly #programs = new Map<string, Program | string>();
  readonly #leftOut: Record<string, number> = {};
  readonly #counted: Record<string, number> = {};
  readonly #faults: string[] = [];
  #exported = 0;
  #torn = 0;
  #faulty = 0;
  #outside = 0;
  #contaminated = 0;

  constructor(ports: ExportPorts, terms: ExportTerms) {
    this.#ports = ports;
    this.#terms = terms;
  }

  get report(): ExportReport {
    return {
      exported: this.#exported,
      torn: this.#torn,
      leftOut: this.#leftOut,
      faults: this.#faults,
      faulty: this.#faulty,
      counted: this.#counted,
      outside: this.#outside,
      contaminated: this.#contaminated,
    };
  }

  async take(group: readonly LogLine[]): Promise<void> {
    const kept: Kept[] = [];
    for (const line of group) {
      const one = await this.#keep(line);
      if (one !== null) kept.push(one);
    }
    if (kept.length === 0) return;
    const outcomes = await this.#ports.outcomes.of(kept.map(({ record }) => record.decisionId));
    await this.#ports.sink.write(kept.map((one) => this.#lineOf(one, outcomes.get(one.record.decisionId) ?? NONE)));
    this.#exported += kept.length;
  }

  /** The decision of the line; null where there is none to export, and then it is counted why. */
  async #keep(line: LogLine): Promise<Kept | null> {
    if (line.kind === "torn") {
      this.#torn += 1;
      return null;
    }
    if (line.kind === "corrupt") return this.#fault(line, line.rule);
    const parsed = DecisionLine.safeParse(line.record);
    if (!parsed.success) {
      return this.#fault(line, `not a decision record: ${parsed.error.issues[0]?.path.join(".") ?? ""}`);
    }
    const record = parsed.data;
    const reason = this.#terms.leftOut(record);
    if (reason !== null) {
      this.#leftOut[reason] = (this.#leftOut[reason] ?? 0) + 1;
      return null;
    }
    const program = this.#programs.get(record.program.digest) ?? (await this.#open(record.program.digest));
    return typeof program === "string" ? this.#fault(line, program) : { record, program };
  }

  async #open(digest: string): Promise<Program | string> {
    const opened = await this.#ports.openProgram(digest);
    const program = opened.ok
      ? opened.value
      : opened.faults.map(({ path, rule }) => `program ${path}: ${rule}`).join("; ");
    this.#programs.set(digest, program);
    return program;
  }

  #fault({ path, line }: LogLine, rule: string): null {
    this.#faulty += 1;
    if (this.#faults.length < FAULTS_SHOWN_MAX) this.#faults.push(`${path}:${line}: ${rule}`);
    return null;
  }

  #lineOf({ record, program }: Kept, outcomes: readonly OutcomeRecord[]): string {
    const observed = joinOutcomes(record, outcomes, { worth: program, terms: this.#terms.join });
    for (const [type, count] of Object.entries(observed.counts)) {
      if (count > 0) this.#counted[type] = (this.#counted[type] ?? 0) + count;
    }
    this.#outside += observed.outside;
    this.#contaminated += Number(observed.contaminated);
    const reward = rewardOf(program, observed, this.#terms.reward);
    return this.#ports.format.lineOf({ record, program, observed, reward });
  }
}

const NONE: readonly OutcomeRecord[] = [];
