import type { OutcomeLookup } from "../../core/export-ports.ts";
import type { JoinTerms } from "../../core/evaluation/join.ts";
import type { PolicyColumns } from "../../core/evaluation/sample.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { OpenProgram } from "../check-record.ts";
import type { LogParts, PartRows, PolicyQuestion } from "./gather-evidence.ts";
import type { PolicyTerms } from "./policy-block.ts";
import type { PolicyProgram } from "./policy-program.ts";
import { emptyTally, type LogLine, LogReader, type Rows } from "./read-log.ts";
import { readPolicies, readRows, type RowsAsked } from "./read-part.ts";
import type { RowBlock } from "./row-block.ts";

export interface LocalPartsPorts {
  /** Each reads one part's lines, from the first. */
  readonly parts: readonly (() => AsyncIterable<LogLine>)[];
  readonly outcomes: OutcomeLookup;
  readonly openProgram: OpenProgram;
  readonly candidate: PolicyProgram;
  /** null: no policy is asked about but the candidate. */
  readonly incumbent: PolicyProgram | null;
}

export type LocalPartsTerms = Rows & PolicyTerms;

/** The parts of a log, read on this thread. */
export class LocalParts implements LogParts {
  readonly #ports: LocalPartsPorts;
  readonly #terms: LocalPartsTerms;

  constructor(ports: LocalPartsPorts, terms: LocalPartsTerms) {
    this.#ports = ports;
    this.#terms = terms;
  }

  get count(): number {
    return this.#ports.parts.length;
  }

  async rows(part: number, join: JoinTerms): Promise<PartRows> {
    const { candidate, outcomes } = this.#ports;
    const tally = emptyTally();
    const blocks: RowBlock[] = [];
    const readers = { reader: this.#reader(), candidate, terms: this.#terms };
    for await (const block of readRows(this.#lines(part), readers, { outcomes, join, tally })) blocks.push(block);
    return { blocks, tally };
  }

  async policies(
    part: number,
    questions: readonly PolicyQuestion[],
    asked: RowsAsked,
  ): Promise<readonly PolicyColumns[]> {
    const readers = { reader: this.#reader(), terms: this.#terms, tally: emptyTally() };
    const policies = questions.map(({ policy, lambda }) => ({ policy: this.#policy(policy), lambda }));
    return await readPolicies(this.#lines(part), readers, policies, asked);
  }

  #reader(): LogReader {
    return new LogReader(this.#ports.openProgram, this.#terms);
  }

  #lines(part: number): AsyncIterable<LogLine> {
    const lines = this.#ports.parts[part];
    if (lines === undefined) throw new LiftgateError("internal", `the log has no part ${part}`);
    return lines();
  }

  #policy(which: PolicyQuestion["policy"]): PolicyProgram {
    const { candidate, incumbent } = this.#ports;
    if (which === "candidate") return candidate;
    if (incumbent === null) throw new LiftgateError("internal", "no incumbent to decide again");
    return incumbent;
  }
}
