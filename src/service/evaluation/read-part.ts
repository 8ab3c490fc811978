/** One part of a log, as columns: what was logged and observed, and what policies would have done. */
import { type JoinTerms, joinOutcomes } from "../../core/evaluation/join.ts";
import type { Scores } from "../../core/domain/decision.ts";
import type { PolicyColumns } from "../../core/evaluation/sample.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import type { OutcomeLookup } from "../../core/export-ports.ts";
import type { PartRead } from "./gather-evidence.ts";
import { fillRow, type PolicyTerms } from "./policy-block.ts";
import type { PolicyProgram } from "./policy-program.ts";
import { type CountedRow, emptyTally, type LogLine, type LogReader } from "./read-log.ts";
import { BlockBuilder, type RowBlock } from "./row-block.ts";

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

/** @param lines some at a time */
export async function readPart(
  lines: AsyncIterable<readonly LogLine[]>,
  { reader, outcomes, candidate, terms }: PartReaders,
  { join, policies }: { readonly join: JoinTerms; readonly policies: readonly PolicyAt[] },
): Promise<PartRead> {
  const tally = emptyTally();
  const blocks: RowBlock[] = [];
  const builder = new BlockBuilder(candidate.program, { propensity: terms.propensity, policies: policies.length });
  const programs = [...new Set([candidate, ...policies.map(({ policy }) => policy)])];
  const questions = policies.map(({ policy, lambda }) => ({ policy, lambda, by: programs.indexOf(policy) }));
  for await (const { group, found } of withOutcomes(reader.groups(lines, tally), outcomes)) {
    const scores = await Promise.all(programs.map((program) => scored(group, program)));
    const scoresOf = (program: number, i: number) => (scores[program] as readonly Scores[])[i] as Scores;
    group.forEach(({ record, decided }, i) => {
      const observed = joinOutcomes(record, found.get(record.decisionId) ?? NONE, { worth: decided, terms: join });
      const { row, policies: columns } = builder.add({ record, decided, observed, scores: scoresOf(0, i) });
      questions.forEach(({ policy, lambda, by }, k) => {
        const place = { columns: columns[k] as PolicyColumns, row };
        fillRow(place, policy, { record, decided, scores: scoresOf(by, i) }, { lambda, terms });
      });
      if (builder.isFull) blocks.push(builder.take());
    });
  }
  const last = builder.take();
  return { blocks: last.rows > 0 ? [...blocks, last] : blocks, tally };
}

interface WithOutcomes {
  readonly group: readonly CountedRow[];
  readonly found: ReadonlyMap<string, readonly OutcomeRecord[]>;
}

/** The next group is read while the outcomes of this one are looked up. */
async function* withOutcomes(
  groups: AsyncGenerator<readonly CountedRow[], void>,
  outcomes: OutcomeLookup,
): AsyncGenerator<WithOutcomes, void> {
  for (let next = groups.next(); ;) {
    const { value: group, done } = await next;
    if (done === true) return;
    const lookup = outcomes.of(group.map(({ record }) => record.decisionId));
    next = groups.next();
    // It is thrown when its turn comes, if it does: a failed lookup ends the reading before.
    next.catch(() => undefined);
    yield { group, found: await lookup };
  }
}

/** Together: rows that a model scores share its runs. */
async function scored(group: readonly CountedRow[], policy: PolicyProgram): Promise<readonly Scores[]> {
  const scores = group.map(({ record, decided }) => policy.scores(record, decided));
  return scores.every(isKnown) ? scores : await Promise.all(scores);
}

function isKnown(scores: Scores | Promise<Scores>): scores is Scores {
  return !(scores instanceof Promise);
}

const NONE: readonly OutcomeRecord[] = [];
