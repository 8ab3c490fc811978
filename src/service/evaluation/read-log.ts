/** The rows of a log that an evaluation stands on: lines → records that count → rows with their programs. */
import type { Program } from "../../core/domain/program.ts";
import type { DecisionRecord } from "../../core/domain/record.ts";
import type { OpenProgram } from "../check-record.ts";
import { leftOutBy } from "../export/selection.ts";
import { dayOf, type DecidedBy } from "./deciders.ts";
import { isLoggedDecision } from "./logged-decision.ts";
import type { Propensity } from "./policy-block.ts";
import type { ScoredAgain } from "./stability.ts";

/** Few records are there at one time: the more outlive a collection, the longer it takes. */
const ROWS = 64;
/** Faults told in full; the rest is counted. */
const FAULTS_SHOWN_MAX = 20;

export type LogLine =
  | { readonly kind: "record"; readonly path: string; readonly line: number; readonly record: object }
  | { readonly kind: "corrupt"; readonly path: string; readonly line: number; readonly rule: string }
  | { readonly kind: "torn"; readonly path: string; readonly line: number };

export interface Rows {
  /** Decisions of this program alone. */
  readonly programId: string;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  readonly propensity: Propensity;
}

export interface CountedRow {
  readonly record: DecisionRecord;
  /** The program it was decided under. */
  readonly decided: Program;
}

/** Who decided the rows, and what was read and does not count. */
export interface ReadTally {
  /** By the program's digest. */
  readonly decidedBy: Record<string, DecidedBy>;
  readonly leftOut: Record<string, number>;
  /** Decisions met with a paid action closed by an offer the unit had before. */
  closedByOffers: number;
  /** What replicates of the candidate's models say of some decisions. */
  readonly scoredAgain: ScoredAgain[];
  torn: number;
  faulty: number;
  readonly faults: string[];
}

export function emptyTally(): ReadTally {
  return { decidedBy: {}, leftOut: {}, closedByOffers: 0, scoredAgain: [], torn: 0, faulty: 0, faults: [] };
}

export class LogReader {
  readonly #openProgram: OpenProgram;
  readonly #rows: Rows;
  readonly #leftOut: (record: DecisionRecord) => string | null;
  /** By digest: the program, or why it cannot be had. */
  readonly #programs = new Map<string, Program | string>();

  constructor(openProgram: OpenProgram, rows: Rows) {
    this.#openProgram = openProgram;
    this.#rows = rows;
    const { programId, fromMs, untilMs } = rows;
    this.#leftOut = leftOutBy({ program: programId, fromMs, toMs: untilMs, arms: "all", programs: "one" });
  }

  /** Those that count, some at a time; what does not is counted by why. */
  async *rows(lines: AsyncIterable<Iterable<LogLine>>, tally: ReadTally): AsyncGenerator<readonly CountedRow[], void> {
    let rows: CountedRow[] = [];
    for await (const some of lines) {
      for (const line of some) {
        const record = this.#recordOf(line, tally);
        if (record === null) continue;
        const { digest } = record.program;
        const decided = this.#programs.get(digest) ?? (await this.#open(digest));
        if (typeof decided === "string") {
          tell(tally, line, decided);
          continue;
        }
        count(tally, record);
        rows.push({ record, decided });
        if (rows.length < ROWS) continue;
        yield rows;
        rows = [];
      }
    }
    yield rows;
  }

  #recordOf(line: LogLine, tally: ReadTally): DecisionRecord | null {
    if (line.kind === "torn") {
      tally.torn += 1;
      return null;
    }
    if (line.kind === "corrupt") return tell(tally, line, line.rule);
    const { record } = line;
    if (!isLoggedDecision(record)) return tell(tally, line, "not a decision record");
    const reason = this.#reasonToLeaveOut(record);
    if (reason === null) return record;
    tally.leftOut[reason] = (tally.leftOut[reason] ?? 0) + 1;
    return null;
  }

  /** The holdout's action is certain given the arm: it says nothing of any other. */
  #reasonToLeaveOut(record: DecisionRecord): string | null {
    const reason = this.#leftOut(record);
    if (reason !== null) return reason;
    return this.#rows.propensity === "in-arm" && record.arm === "holdout" ? "arm holdout" : null;
  }

  async #open(digest: string): Promise<Program | string> {
    const opened = await this.#openProgram(digest);
    const program = opened.ok
      ? opened.value
      : opened.faults.map(({ path, rule }) => `program ${path}: ${rule}`).join("; ");
    this.#programs.set(digest, program);
    return program;
  }
}

function count(tally: ReadTally, { program, currency, model, time, closed }: DecisionRecord): void {
  const by = (tally.decidedBy[program.digest] ??= { program, currency, model, lastTime: time, lastDayRows: 0 });
  if (dayOf(time) > dayOf(by.lastTime)) by.lastDayRows = 0;
  if (dayOf(time) >= dayOf(by.lastTime)) by.lastDayRows += 1;
  by.model = model ?? by.model;
  if (time > by.lastTime) by.lastTime = time;
  if (closed?.some((why) => why === "cap_reached" || why === "cooldown") === true) tally.closedByOffers += 1;
}

function tell(tally: ReadTally, { path, line }: LogLine, rule: string): null {
  tally.faulty += 1;
  if (tally.faults.length < FAULTS_SHOWN_MAX) tally.faults.push(`${path}:${line}: ${rule}`);
  return null;
}
