import type { DuckDBConnection } from "@duckdb/node-api";
import { LiftgateError } from "../../core/errors.ts";
import { type CsvValues, tableOf } from "./file-format.ts";

export interface Column {
  readonly name: string;
  /** As DuckDB calls it. */
  readonly type: string;
}

/** The file's columns. @throws LiftgateError `invalid_request` if it has not all that are required */
export async function requireColumns(
  connection: DuckDBConnection,
  path: string,
  { required, csv }: { readonly required: readonly string[]; readonly csv: CsvValues },
): Promise<readonly Column[]> {
  const described = await readable(path, connection.runAndReadAll(`DESCRIBE SELECT * FROM ${tableOf(path, csv)}`));
  const columns = described
    .getRowObjects()
    .map((row) => ({ name: String(row["column_name"]), type: String(row["column_type"]) }));
  const names = columns.map(({ name }) => name);
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length === 0) return columns;
  throw new LiftgateError(
    "invalid_request",
    `${path}: has no column ${missing.join(", ")}; it has ${names.join(", ")}`,
  );
}

/** What DuckDB makes of the file. @throws LiftgateError `invalid_request`, under the file's name, if it cannot read it */
export async function readable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const [reason = ""] = String(error instanceof Error ? error.message : error).split("\n");
    throw new LiftgateError("invalid_request", `${path}: cannot be read: ${reason}`);
  }
}
