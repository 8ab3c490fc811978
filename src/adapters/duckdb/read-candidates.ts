/**
 * A file of candidates (userId, action, value, cost), its rows in any order, as blocks of users ordered by a hash
 * of their ids. DuckDB sorts, spilling to disk what exceeds its memory; rows pass through here once.
 */
import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import { ALLOCATION_ACTIONS_MAX, CANDIDATE_AMOUNT_MAX } from "../../contract/limits.ts";
import { NO_OFFER } from "../../core/domain/program.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { CandidateScratch } from "./candidate-scratch.ts";
import { readable, requireColumns } from "./describe-file.ts";
import { ACTION_PATTERN, firstFault, ID_PATTERN } from "./first-fault.ts";
import { quoted, tableOf } from "./file-format.ts";

export interface Progress {
  readonly rowsDone: number;
  readonly rowsTotal: number;
}

const COLUMNS = ["userId", "action", "value", "cost"] as const;
const MICROS = 1e6;

const USER_ID = new RegExp(`^${ID_PATTERN}$`);
const ACTION = new RegExp(`^${ACTION_PATTERN}$`);

/**
 * Fills the scratch with the file's candidates and returns its actions, sorted; a candidate's action is its place
 * in them.
 *
 * @throws LiftgateError `invalid_request`, with the row and column of the first fault
 */
export async function readCandidates(
  connection: DuckDBConnection,
  path: string,
  { scratch, onProgress }: { readonly scratch: CandidateScratch; readonly onProgress: (progress: Progress) => void },
): Promise<readonly string[]> {
  await requireColumns(connection, path, { required: COLUMNS, csv: "texts" });
  const { actions, rowsTotal } = await listActions(connection, path);
  const reader = new RowReader(scratch);
  const result = await readable(path, connection.stream(sortedRows(path, actions)));
  let rowsDone = 0;
  for await (const chunk of result) {
    if (!reader.read(chunk)) throw await firstFault(connection, path);
    rowsDone += chunk.rowCount;
    onProgress({ rowsDone, rowsTotal });
  }
  scratch.flush();
  return actions;
}

/** The distinct actions, and the number of rows. */
async function listActions(connection: DuckDBConnection, path: string) {
  const sql = `SELECT action::VARCHAR AS action, count(*)::DOUBLE AS rows FROM ${tableOf(path, "texts")} GROUP BY 1 ORDER BY 1 LIMIT ${ALLOCATION_ACTIONS_MAX + 1}`;
  const rows = (await readable(path, connection.runAndReadAll(sql))).getRowObjects();
  if (rows.length > ALLOCATION_ACTIONS_MAX) {
    throw new LiftgateError("invalid_request", `${path}: has more than ${ALLOCATION_ACTIONS_MAX} distinct actions`);
  }
  const actions = rows.map(({ action }) => action);
  if (!actions.every((action) => typeof action === "string" && ACTION.test(action) && action !== NO_OFFER)) {
    throw await firstFault(connection, path);
  }
  return { actions: actions.map(String), rowsTotal: rows.reduce((sum, row) => sum + Number(row["rows"]), 0) };
}

/**
 * The rows by user, the users by the MD5 of their ids: 106 bits of it, as two doubles, tell users apart without
 * reading every id. What is no number comes as NaN.
 */
function sortedRows(path: string, actions: readonly string[]): string {
  const positions = actions.map((action, i) => `${quoted(action)}: ${i}`).join(", ");
  return `
    SELECT id, h, l, place, value, cost FROM (
      SELECT coalesce(userId::VARCHAR, '') AS id,
        (md5_number_upper(id) >> 11)::DOUBLE AS h,
        (md5_number_lower(id) >> 11)::DOUBLE AS l,
        (MAP {${positions}})[action::VARCHAR]::USMALLINT AS place,
        coalesce(try_cast(value AS DOUBLE), 'nan') AS value,
        coalesce(try_cast(cost AS DOUBLE), 'nan') AS cost
      FROM ${tableOf(path, "texts")})
    ORDER BY h, l, place`;
}

/** Rows into the scratch. */
class RowReader {
  readonly #scratch: CandidateScratch;
  #high = -1;
  #low = -1;
  #place = -1;

  constructor(scratch: CandidateScratch) {
    this.#scratch = scratch;
  }

  /** False where a row is wrong. */
  read(chunk: DuckDBDataChunk): boolean {
    const ids = chunk.getColumnVector(0);
    const highs = chunk.getColumnVector(1);
    const lows = chunk.getColumnVector(2);
    const places = chunk.getColumnVector(3);
    const values = chunk.getColumnVector(4);
    const costs = chunk.getColumnVector(5);
    for (let row = 0; row < chunk.rowCount; row++) {
      const high = highs.getItem(row) as number;
      const low = lows.getItem(row) as number;
      const place = places.getItem(row) as number;
      if (high !== this.#high || low !== this.#low) {
        const id = ids.getItem(row) as string;
        if (!USER_ID.test(id)) return false;
        this.#scratch.addUser(id);
        this.#high = high;
        this.#low = low;
      } else if (place === this.#place) return false;
      this.#place = place;
      const value = values.getItem(row) as number;
      const cost = costs.getItem(row) as number;
      if (!(Math.abs(value) <= CANDIDATE_AMOUNT_MAX && Math.abs(cost) <= CANDIDATE_AMOUNT_MAX)) return false;
      this.#scratch.addOption(place, Math.round(value * MICROS), Math.round(cost * MICROS));
    }
    return true;
  }
}
