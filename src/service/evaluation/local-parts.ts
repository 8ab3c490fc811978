import type { OutcomeLookup } from "../../core/export-ports.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { OpenProgram } from "../check-record.ts";
import type { Asked, LogParts, PolicyQuestion } from "./gather-evidence.ts";
import type { PolicyTerms } from "./policy-block.ts";
import type { PolicyProgram } from "./policy-program.ts";
import { type LogLine, LogReader, type Rows } from "./read-log.ts";
import { type PartRead, readPart } from "./read-part.ts";

export interface LocalPartsPorts {
  /** Each reads the lines of one part that are wanted, in order, some at a time. */
  readonly parts: readonly ((isWanted: (line: number) => boolean) => AsyncIterable<Iterable<LogLine>>)[];
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

  async read(part: number, { join, every, questions }: Asked): Promise<PartRead> {
    const { parts, openProgram, candidate, outcomes } = this.#ports;
    const lines = parts[part];
    if (lines === undefined) throw new LiftgateError("internal", `the log has no part ${part}`);
    const readers = { reader: new LogReader(openProgram, this.#terms), outcomes, candidate, terms: this.#terms };
    const policies = questions.map(({ policy, lambda }) => ({ policy: this.#policy(policy), lambda }));
    return await readPart(
      lines((line) => line % every === 0),
      readers,
      { join, policies },
    );
  }

  #policy(which: PolicyQuestion["policy"]): PolicyProgram {
    const { candidate, incumbent } = this.#ports;
    if (which === "candidate") return candidate;
    if (incumbent === null) throw new LiftgateError("internal", "no incumbent to decide again");
    return incumbent;
  }
}
