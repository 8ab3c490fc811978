/** What an export writes: a line of JSON a decision, and what becomes of the lines in the end. */
import type { TableColumn, Tables } from "../../core/export-ports.ts";
import type { JoinedDecision } from "./joined-decision.ts";

/** A column and what it says. */
export interface FixedColumn extends TableColumn {
  readonly meaning: string;
  readonly of: (joined: JoinedDecision) => unknown;
}

export interface Format {
  /** One line, without its end. */
  readonly lineOf: (joined: JoinedDecision) => string;
  /** Asked once, after the last line; null: the lines are the file. */
  readonly tables: () => Tables | null;
}

export function column(name: string, type: string, [meaning, of]: readonly [string, FixedColumn["of"]]): FixedColumn {
  return { name, type, meaning, of };
}

/** The columns' values, as a line holds them. */
export function valuesOf(columns: readonly FixedColumn[], joined: JoinedDecision): Readonly<Record<string, unknown>> {
  return Object.fromEntries(columns.map(({ name, of }) => [name, of(joined)]));
}
