/**
 * One part of a log, as columns: what was logged and observed, and what policies would have done. A part is read as
 * often as policies are asked about; its rows are then asked for by line, so that whatever else was logged meanwhile is
 * not read.
 */
import { type JoinTerms, joinOutcomes } from "../../core/evaluation/join.ts";
import type { PolicyColumns } from "../../core/evaluation/sample.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import type { OutcomeLookup } from "../../core/export-ports.ts";
import { invariant } from "../../core/errors.ts";
import { uniformFromHash } from "../../core/numerics/murmur3.ts";
import { fillRow, type Met, policyColumns, type PolicyTerms } from "./policy-block.ts";
import type { PolicyProgram } from "./policy-program.ts";
import { type CountedRow, emptyTally, type LogLine, type LogReader, type ReadTally } from "./read-log.ts";
import { BlockBuilder, type RowBlock } from "./row-block.ts";

export interface PartReaders {
  readonly reader: LogReader;
  readonly candidate: PolicyProgram;
  readonly terms: PolicyTerms;
}

/** The rows with their outcomes. */
export async function* readRows(
  lines: AsyncIterable<LogLine>,
  { reader, candidate, terms }: PartReaders,
  { outcomes, join, tally }: { readonly outcomes: OutcomeLookup; readonly join: JoinTerms; readonly tally: ReadTally },
): AsyncGenerator<RowBlock, void> {
  const builder = new BlockBuilder(candidate.program, terms.propensity);
  for await (const group of reader.groups(lines, tally)) {
    const found = await outcomes.of(group.map(({ record }) => record.decisionId));
    const met = await scored(group, candidate);
    for (const { line, record, decided, scores } of met) {
      const observed = joinOutcomes(record, found.get(record.decisionId) ?? NONE, { worth: decided, terms: join });
      builder.add({ line, record, decided, observed, scores });
      if (builder.isFull) yield builder.take();
    }
  }
  tally.scoredAgain.push(...candidate.takeScoredAgain());
  const last = builder.take();
  if (last.rows > 0) yield last;
}

/** A policy at a price; λ null: at the prices that were logged. */
export interface PolicyAt {
  readonly policy: PolicyProgram;
  readonly lambda: number | null;
}

/** The columns of each policy over so many rows: those of the lines, which must be rows that count. */
export async function readPolicies(
  lines: AsyncIterable<LogLine>,
  { reader, terms }: Omit<PartReaders, "candidate">,
  policies: readonly PolicyAt[],
  rows: number,
): Promise<readonly PolicyColumns[]> {
  const filled = policies.map(() => policyColumns(rows));
  const programs = [...new Set(policies.map(({ policy }) => policy))];
  let row = 0;
  for await (const group of reader.groups(lines, emptyTally())) {
    const met = new Map(await Promise.all(programs.map(async (p) => [p, await scored(group, p)] as const)));
    for (let i = 0; i < group.length; i++, row++) {
      policies.forEach(({ policy, lambda }, k) => {
        const columns = filled[k];
        const one = met.get(policy)?.[i];
        if (columns !== undefined && one !== undefined) fillRow({ columns, row }, policy, one, { lambda, terms });
      });
    }
  }
  invariant(row === rows, `expected the ${rows} rows that were there before, got ${row}`);
  return filled;
}

/** Whether a unit is in a sample that holds this share of all units; the same units for every question. */
export function isInShare(unit: string, share: number): boolean {
  return share >= 1 || uniformFromHash(`evaluation-sample|${unit}`) < share;
}

async function scored(group: readonly CountedRow[], policy: PolicyProgram): Promise<readonly (Met & CountedRow)[]> {
  return await Promise.all(
    group.map(async (row) => ({ ...row, scores: await policy.scores(row.record, row.decided) })),
  );
}

const NONE: readonly OutcomeRecord[] = [];
