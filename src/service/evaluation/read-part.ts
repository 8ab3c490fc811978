/**
 * One part of a log, as columns: what was logged and observed, and what policies would have done. A part is read as
 * often as policies are asked about; its rows are the same each time, as long as `rowsMax` stops at what was there.
 */
import { type JoinTerms, joinOutcomes } from "../../core/evaluation/join.ts";
import type { PolicyColumns } from "../../core/evaluation/sample.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import type { OutcomeLookup } from "../../core/export-ports.ts";
import { uniformFromHash } from "../../core/numerics/murmur3.ts";
import { fillRow, type Met, policyColumns, type PolicyTerms } from "./policy-block.ts";
import type { PolicyProgram } from "./policy-program.ts";
import { type CountedRow, type LogLine, LogReader, type ReadTally } from "./read-log.ts";
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
    for (const { record, decided, scores } of met) {
      const observed = joinOutcomes(record, found.get(record.decisionId) ?? NONE, { worth: decided, terms: join });
      builder.add({ record, decided, observed, scores });
      if (builder.isFull) yield builder.take();
    }
  }
  const last = builder.take();
  if (last.rows > 0) yield last;
}

/** A policy at a price; λ null: at the prices that were logged. */
export interface PolicyAt {
  readonly policy: PolicyProgram;
  readonly lambda: number | null;
}

/** Which rows of a part a question is about: all up to a number of rows, or those of a share of all units. */
export interface RowsAsked {
  readonly rowsMax: number;
  readonly unitShare: number;
}

/** The columns of each policy over the rows asked for. */
export async function readPolicies(
  lines: AsyncIterable<LogLine>,
  { reader, terms, tally }: Omit<PartReaders, "candidate"> & { readonly tally: ReadTally },
  policies: readonly PolicyAt[],
  { rowsMax, unitShare }: RowsAsked,
): Promise<readonly PolicyColumns[]> {
  const filled = policies.map(() => policyColumns(rowsMax));
  const programs = [...new Set(policies.map(({ policy }) => policy))];
  let seen = 0;
  let row = 0;
  for await (const group of reader.groups(lines, tally)) {
    const counted = group.slice(0, rowsMax - seen);
    seen += counted.length;
    const asked = counted.filter(({ record }) => isInShare(record.unit, unitShare));
    const met = new Map(await Promise.all(programs.map(async (p) => [p, await scored(asked, p)] as const)));
    for (let i = 0; i < asked.length; i++, row++) {
      policies.forEach(({ policy, lambda }, k) => {
        const columns = filled[k];
        const one = met.get(policy)?.[i];
        if (columns !== undefined && one !== undefined) fillRow({ columns, row }, policy, one, { lambda, terms });
      });
    }
    if (seen === rowsMax) break;
  }
  return filled.map((columns) => firstRows(columns, row));
}

/** Whether a unit is in a sample that holds this share of all units; the same units for every question. */
export function isInShare(unit: string, share: number): boolean {
  return share >= 1 || uniformFromHash(`evaluation-sample|${unit}`) < share;
}

async function scored(group: readonly CountedRow[], policy: PolicyProgram): Promise<readonly Met[]> {
  return await Promise.all(
    group.map(async ({ record, decided }) => ({ record, decided, scores: await policy.scores(record, decided) })),
  );
}

function firstRows(columns: PolicyColumns, rows: number): PolicyColumns {
  return {
    drawn: columns.drawn.slice(0, rows),
    expectedValue: columns.expectedValue.slice(0, rows),
    expectedCost: columns.expectedCost.slice(0, rows),
    offered: columns.offered.slice(0, rows),
    unsupported: columns.unsupported.slice(0, rows),
  };
}

const NONE: readonly OutcomeRecord[] = [];
