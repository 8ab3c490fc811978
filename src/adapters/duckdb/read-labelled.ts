/** A file whose rows say what a model predicted, what they got, and what came of it. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { LiftgateError } from "../../core/errors.ts";
import type { ChosenRows } from "../../core/evaluation/uplift/comparable-rows.ts";
import { readable, requireColumns } from "./describe-file.ts";
import { quoted, quotedName, tableOf } from "./file-format.ts";

/** Names of columns; null: the file has none. */
export interface LabelledColumns {
  readonly score: string;
  readonly scoreCost: string | null;
  readonly treatment: string;
  /** Labels of the treatment; null: of the action, the only other one there is. */
  readonly control: string;
  readonly action: string | null;
  readonly outcome: string;
  readonly cost: string | null;
  readonly propensity: string | null;
  readonly unit: string | null;
}

export interface Labelled {
  readonly action: string;
  /** Rows in the order of the file. */
  readonly rows: ChosenRows;
  /** Rows with another label. */
  readonly others: number;
}

/**
 * Rows of the action and of the control. Without a propensity a row weighs 1; without a cost it costs 0; without a
 * predicted cost 1 is predicted; without a unit it is one of its own.
 *
 * @throws LiftgateError `invalid_request` for columns, labels and numbers that are not there
 */
export async function readLabelled(
  connection: DuckDBConnection,
  path: string,
  columns: LabelledColumns,
): Promise<Labelled> {
  const required = [...new Set(Object.values(namesOf(columns)).filter((name) => name !== null))];
  await requireColumns(connection, path, { required, csv: "texts" });
  // Of rows with one score, the order of the file tells which comes first.
  await connection.run("SET preserve_insertion_order = true; SET threads = 1;");
  const { action, others } = await actionOf(connection, path, columns);
  const sql = rowsSql(path, columns, action);
  const table = (await readable(path, connection.runAndReadAll(sql))).getColumnsJS();
  const [treated, value, cost, propensity, unit, expectedValue, expectedCost] = table.map((column) =>
    Float64Array.from(column, (number) => (typeof number === "number" ? number : NaN)),
  );
  requireNumbers(path, columns.outcome, value);
  requireNumbers(path, columns.cost, cost);
  requireNumbers(path, columns.score, expectedValue);
  requireNumbers(path, columns.scoreCost, expectedCost);
  requireNumbers(path, columns.unit, unit);
  requireNumbers(
    path,
    columns.propensity,
    propensity?.map((p) => (p > 0 && p <= 1 ? p : NaN)),
  );
  return {
    action,
    rows: {
      treated: Uint8Array.from(treated ?? []),
      value: value ?? NO_NUMBERS,
      cost: cost ?? NO_NUMBERS,
      weight: propensity?.map((p) => 1 / p) ?? NO_NUMBERS,
      unit: Int32Array.from(unit ?? []),
      expectedValue: expectedValue ?? NO_NUMBERS,
      expectedCost: expectedCost ?? NO_NUMBERS,
      units: unit?.reduce((most, number) => Math.max(most, number + 1), 0) ?? 0,
    },
    others,
  };
}

const NO_NUMBERS = new Float64Array();

function namesOf({ control: _control, action: _action, ...names }: LabelledColumns) {
  return names;
}

async function actionOf(connection: DuckDBConnection, path: string, { treatment, control, action }: LabelledColumns) {
  const sql = `SELECT ${quotedName(treatment)}::VARCHAR AS label, count(*)::DOUBLE AS rows
    FROM ${tableOf(path, "texts")} WHERE label IS NOT NULL GROUP BY 1 ORDER BY 1`;
  const found = (await readable(path, connection.runAndReadAll(sql))).getRowObjects();
  const rows = new Map(found.map((row) => [String(row["label"]), Number(row["rows"])]));
  if (!rows.has(control)) throw wrong(path, `no row of ${treatment} has the label of --control`);
  const others = [...rows.keys()].filter((label) => label !== control);
  const [only] = others;
  if (action === null && (only === undefined || others.length > 1)) {
    throw wrong(
      path,
      `${treatment} has ${others.length} labels beside that of --control; --action says which to compare`,
    );
  }
  const chosen = action ?? only ?? "";
  if (!others.includes(chosen))
    throw wrong(path, `no row of ${treatment} has the label of --action, or it is the control`);
  const left = others.filter((label) => label !== chosen).reduce((sum, label) => sum + (rows.get(label) ?? 0), 0);
  return { action: chosen, others: left };
}

/** What is no number comes as null. */
function rowsSql(path: string, columns: LabelledColumns, action: string): string {
  const label = `${quotedName(columns.treatment)}::VARCHAR`;
  const { unit } = columns;
  const unitNumber =
    unit === null
      ? "row_number() OVER (ORDER BY fileRow)"
      : `CASE WHEN ${quotedName(unit)} IS NOT NULL THEN dense_rank() OVER (ORDER BY ${quotedName(unit)}) END`;
  return `
    SELECT (${label} = ${quoted(action)})::INT::DOUBLE, ${numberSql(columns.outcome, "0")}, ${numberSql(columns.cost, "0")},
      ${numberSql(columns.propensity, "1")}, (${unitNumber} - 1)::DOUBLE,
      ${numberSql(columns.score, "0")}, ${numberSql(columns.scoreCost, "1")}
    FROM (SELECT *, row_number() OVER () AS fileRow FROM ${tableOf(path, "texts")})
    WHERE ${label} IN (${quoted(action)}, ${quoted(columns.control)}) ORDER BY fileRow`;
}

/** A column, or the same for all. */
function numberSql(name: string | null, otherwise: string): string {
  return name === null ? `${otherwise}::DOUBLE` : `try_cast(${quotedName(name)} AS DOUBLE)`;
}

function requireNumbers(path: string, name: string | null, column: Float64Array | undefined): void {
  const bad = column?.reduce((count, number) => count + Number(!Number.isFinite(number)), 0) ?? 0;
  if (bad > 0)
    throw wrong(path, `${name ?? ""} is missing, no number or out of range in ${bad} of ${column?.length ?? 0} rows`);
}

function wrong(path: string, what: string): LiftgateError {
  return new LiftgateError("invalid_request", `${path}: ${what}`);
}
