/**
 * One part of a log, as columns: what was logged and observed, and what policies would have done.
 *
 * A record is let go as soon as its row is filled, unless a model has to score it first. Outcomes are looked up for a
 * block of rows, while the next block is read.
 */
import type { Scores } from "../../core/domain/decision.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import { type JoinTerms, joinOutcomes } from "../../core/evaluation/join.ts";
import type { PolicyColumns } from "../../core/evaluation/sample.ts";
import type { OutcomeLookup } from "../../core/export-ports.ts";
import { fillRow, type PolicyTerms } from "./policy-block.ts";
import type { PolicyProgram } from "./policy-program.ts";
import { type CountedRow, emptyTally, type LogLine, type LogReader, type ReadTally } from "./read-log.ts";
import { BlockBuilder, type RowBlock, type ToldRow } from "./row-block.ts";

export interface PartReaders {
  readonly reader: LogReader;
  readonly outcomes: OutcomeLookup;
  readonly candidate: PolicyProgram;
  readonly terms: PolicyTerms;
}

/** A policy at a price; λ null: at the prices that were logged. */
export interface PolicyAt {
  readonly policy: PolicyProgram;
  readonly lambda: number | null;
}

export interface PartAsked {
  /** null: nobody asks what happened. */
  readonly join: JoinTerms | null;
  readonly policies: readonly PolicyAt[];
}

export interface PartRead {
  /** What the blocks' columns of actions are in the order of. */
  readonly actions: readonly string[];
  readonly blocks: readonly RowBlock[];
  readonly tally: ReadTally;
}

/** @param lines some at a time */
export async function readPart(
  lines: AsyncIterable<Iterable<LogLine>>,
  readers: PartReaders,
  asked: PartAsked,
): Promise<PartRead> {
  const tally = emptyTally();
  const reading = new PartReading(readers, asked);
  for await (const rows of readers.reader.rows(lines, tally)) {
    for (const row of rows) {
      reading.add(row);
      if (reading.isFull) await reading.closeBlock();
    }
  }
  const read = await reading.finish();
  tally.scoredAgain.push(...readers.candidate.takeScoredAgain());
  return { ...read, tally };
}

/** A policy at a price, and which of the programs that score is its own. */
interface Question extends PolicyAt {
  readonly by: number;
}

class PartReading {
  readonly #readers: Omit<PartReaders, "reader">;
  readonly #join: JoinTerms | null;
  /** The candidate comes first. */
  readonly #programs: readonly PolicyProgram[];
  readonly #questions: readonly Question[];
  readonly #builder: BlockBuilder;
  readonly #blocks: RowBlock[] = [];
  #scoring: Promise<void>[] = [];
  #observing = Promise.resolve();

  constructor(readers: PartReaders, { join, policies }: PartAsked) {
    const { candidate, terms } = readers;
    this.#readers = readers;
    this.#join = join;
    const programs = [...new Set([candidate, ...policies.map(({ policy }) => policy)])];
    this.#programs = programs;
    this.#questions = policies.map((asked) => ({ ...asked, by: programs.indexOf(asked.policy) }));
    this.#builder = new BlockBuilder(candidate.program, { propensity: terms.propensity, policies: policies.length });
  }

  get isFull(): boolean {
    return this.#builder.isFull;
  }

  add(counted: CountedRow): void {
    const { record, decided } = counted;
    const row = this.#builder.add(record, decided);
    const scores = this.#programs.map((program) => program.scores(record, decided));
    const known = scores.filter(isKnown);
    if (known.length === scores.length) this.#fill(row, counted, known);
    else
      this.#scoring.push(
        Promise.all(scores.map(async (one) => await one)).then((all) => this.#fill(row, counted, all)),
      );
  }

  /** What comes next goes into another block. */
  async closeBlock(): Promise<void> {
    await Promise.all(this.#scoring);
    this.#scoring = [];
    const { block, told } = this.#builder.take();
    this.#blocks.push(block);
    await this.#observing;
    this.#observing = this.#observe(block, told);
    // Whoever waits for it is thrown what went wrong; nobody does where something else went wrong before.
    this.#observing.catch(() => undefined);
  }

  async finish(): Promise<Omit<PartRead, "tally">> {
    await this.closeBlock();
    await this.#observing;
    return { actions: this.#builder.actions, blocks: this.#blocks };
  }

  #fill(row: number, { record, decided }: CountedRow, scores: readonly Scores[]): void {
    const { terms } = this.#readers;
    this.#builder.expect(row, scores[0] as Scores);
    for (let k = 0; k < this.#questions.length; k++) {
      const { policy, lambda, by } = this.#questions[k] as Question;
      const place = { columns: this.#builder.policies[k] as PolicyColumns, row };
      fillRow(place, policy, { record, decided, scores: scores[by] as Scores }, { lambda, terms });
    }
  }

  async #observe(block: RowBlock, told: readonly ToldRow[]): Promise<void> {
    const join = this.#join;
    if (join === null) return;
    const found = await this.#readers.outcomes.of(told.map(({ decisionId }) => decisionId));
    told.forEach((decision, row) => {
      const outcomes = found.get(decision.decisionId) ?? NONE;
      this.#builder.observe(block, row, joinOutcomes(decision, outcomes, { worth: decision.decided, terms: join }));
    });
  }
}

function isKnown(scores: Scores | Promise<Scores>): scores is Scores {
  return !(scores instanceof Promise);
}

const NONE: readonly OutcomeRecord[] = [];
