/** What exporting decisions needs of the world outside. */
import type { OutcomeRecord } from "./domain/outcome.ts";

/** The outcomes of decisions, whatever their number. */
export interface OutcomeLookup {
  of(decisionIds: readonly string[]): Promise<ReadonlyMap<string, readonly OutcomeRecord[]>>;
}

/** One column of a table that is made of lines of JSON. */
export interface TableColumn {
  readonly name: string;
  /** As DuckDB calls it. */
  readonly type: string;
  /** The object of a line that holds the value, and its key there; absent: the line holds it under the name. */
  readonly inside?: { readonly object: string; readonly key: string };
}

/** A table made of all lines, and small files beside it. Paths are within the export; "": it is the export. */
export interface Tables {
  readonly table: { readonly path: string; readonly columns: readonly TableColumn[] };
  readonly texts: readonly { readonly path: string; readonly text: string }[];
}

/** Where an export goes. After `finish` it is there, whole; before, and without, nothing is. */
export interface ExportSink {
  write(lines: readonly string[]): Promise<void>;
  /** @param tables what to make of the lines; null: the lines are the export */
  finish(tables: Tables | null): Promise<void>;
}
