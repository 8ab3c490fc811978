/** What policies would have done in logged situations, as columns. */
import { decide } from "../../core/decision/decide.ts";
import type { Scores } from "../../core/domain/decision.ts";
import type { Program } from "../../core/domain/program.ts";
import type { DecisionRecord } from "../../core/domain/record.ts";
import type { PolicyColumns } from "../../core/evaluation/sample.ts";
import type { PolicyProgram } from "./policy-program.ts";

/** A logged decision and what the policy expects in its situation. */
export interface Met {
  readonly record: DecisionRecord;
  readonly decided: Program;
  readonly scores: Scores;
}

/** Which of the logged probabilities count: over the arms, or given the arm. */
export type Propensity = "marginal" | "in-arm";

export interface PolicyTerms {
  readonly propensity: Propensity;
  /** A logged probability below it does not support an action. */
  readonly floor: number;
}

/** One policy over so many rows. */
export function policyColumns(rows: number): PolicyColumns {
  return {
    drawn: new Float64Array(rows),
    expectedValue: new Float64Array(rows),
    expectedCost: new Float64Array(rows),
    offered: new Float64Array(rows),
    unsupported: new Float64Array(rows),
  };
}

export function firstRows(columns: PolicyColumns, rows: number): PolicyColumns {
  return {
    drawn: columns.drawn.slice(0, rows),
    expectedValue: columns.expectedValue.slice(0, rows),
    expectedCost: columns.expectedCost.slice(0, rows),
    offered: columns.offered.slice(0, rows),
    unsupported: columns.unsupported.slice(0, rows),
  };
}

/** Fills a row with what the policy does at the price λ; null: at the price that was logged. */
export function fillRow(
  { columns, row }: { readonly columns: PolicyColumns; readonly row: number },
  policy: PolicyProgram,
  met: Met,
  { lambda, terms }: { readonly lambda: number | null; readonly terms: PolicyTerms },
): void {
  const { record, decided, scores } = met;
  const { marginal } = decide(policy.situation(record, { decided, scores, lambda }));
  const withheld = terms.propensity === "marginal" ? 0 : policy.program.holdout.share;
  const places = policy.placesIn(decided);
  const { actions } = policy.program;
  let value = 0;
  let cost = 0;
  let unsupported = 0;
  for (let i = 0; i < marginal.length; i++) {
    const p = ((marginal[i] as number) - (i === 0 ? withheld : 0)) / (1 - withheld);
    const logged = record.candidates[places[i] as number];
    if (actions[i]?.id === record.action) columns.drawn[row] = p;
    if (p <= 0) continue;
    value += p * finiteOrZero(scores.value[i] as number);
    cost += p * finiteOrZero(scores.cost[i] as number);
    const support = logged === undefined ? 0 : terms.propensity === "marginal" ? logged.p : logged.inArm;
    if (support <= 0 || support < terms.floor) unsupported += p;
  }
  columns.expectedValue[row] = value;
  columns.expectedCost[row] = cost;
  columns.offered[row] = 1 - ((marginal[0] as number) - withheld) / (1 - withheld);
  columns.unsupported[row] = unsupported;
}

function finiteOrZero(amount: number): number {
  return Number.isFinite(amount) ? amount : 0;
}
