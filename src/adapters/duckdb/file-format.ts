import { extname } from "node:path";
import { LiftgateError } from "../../core/errors.ts";

/** Formats of files, by the ending of their names. */
const ENDINGS = {
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".csv": "csv",
  ".parquet": "parquet",
} as const satisfies Readonly<Record<string, string>>;

export type FileFormat = (typeof ENDINGS)[keyof typeof ENDINGS];

/** @throws LiftgateError `invalid_request` for a name that ends otherwise */
export function formatOf(path: string): FileFormat {
  const ending = extname(path).toLowerCase();
  for (const [known, format] of Object.entries(ENDINGS)) if (known === ending) return format;
  throw new LiftgateError("invalid_request", `${path}: its name must end in ${Object.keys(ENDINGS).join(", ")}`);
}

/** A text as SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What the values of a CSV file are: all texts, so that what is wrong can be told by row; or what they look like. */
export type CsvValues = "texts" | "detected";

/** The file as a table. */
export function tableOf(path: string, csv: CsvValues): string {
  const format = formatOf(path);
  switch (format) {
    case "ndjson":
      return `read_json(${quoted(path)}, format = 'newline_delimited', sample_size = -1)`;
    case "csv":
      return `read_csv(${quoted(path)}, header = true, all_varchar = ${csv === "texts"}, strict_mode = true)`;
    case "parquet":
      return `read_parquet(${quoted(path)})`;
    default:
      return format satisfies never;
  }
}

/** How DuckDB is told to write the format. */
export const COPY_OPTIONS = {
  ndjson: "FORMAT json, ARRAY false",
  csv: "FORMAT csv, HEADER true",
  parquet: "FORMAT parquet, COMPRESSION zstd",
} as const satisfies Readonly<Record<FileFormat, string>>;
