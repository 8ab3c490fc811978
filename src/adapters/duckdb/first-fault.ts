import type { DuckDBConnection } from "@duckdb/node-api";
import { CANDIDATE_AMOUNT_MAX, ID_LENGTH_MAX } from "../../contract/limits.ts";
import { LiftgateError } from "../../core/errors.ts";
import { quoted, tableOf } from "./file-format.ts";

/** What an id may be: as `Id` of the contract. */
export const ID_PATTERN = `[A-Za-z0-9_.:@/+=-]{1,${ID_LENGTH_MAX}}`;
/** What an action may be called: as `Slug` of the contract. */
export const ACTION_PATTERN = "[a-z0-9][a-z0-9_-]{0,63}";

/** Column → when it is right, as SQL over the row, and what is right, in words. */
const RULES = {
  userId: {
    holds: `regexp_full_match(userId::VARCHAR, ${quoted(ID_PATTERN)})`,
    rule: `must be 1 to ${ID_LENGTH_MAX} characters of A-Z a-z 0-9 _ . : @ / + = -`,
  },
  action: {
    holds: `regexp_full_match(action::VARCHAR, ${quoted(ACTION_PATTERN)}) AND action::VARCHAR <> 'no_offer'`,
    rule: "must be 1 to 64 characters of a-z 0-9 _ -, and not no_offer: that is always a candidate",
  },
  value: amountRule("value"),
  cost: amountRule("cost"),
} as const;

function amountRule(column: string) {
  return {
    holds: `abs(try_cast(${column} AS DOUBLE)) <= ${CANDIDATE_AMOUNT_MAX}`,
    rule: `must be a number from -${CANDIDATE_AMOUNT_MAX} to ${CANDIDATE_AMOUNT_MAX}`,
  };
}

/**
 * What is wrong in a file of candidates that something was found wrong in, by the first row it is wrong in; rows
 * are counted from 1, without a CSV file's header. Reads the file again.
 */
export async function firstFault(connection: DuckDBConnection, path: string): Promise<LiftgateError> {
  await connection.run("SET preserve_insertion_order = true; SET threads = 1;");
  const numbered = `SELECT *, row_number() OVER () AS fileRow FROM ${tableOf(path, "texts")}`;
  const [wrong] = await rowsOf(
    connection,
    `SELECT fileRow::DOUBLE AS row, fault FROM (SELECT fileRow, ${faultOfRow()} AS fault FROM (${numbered}))
     WHERE fault IS NOT NULL ORDER BY fileRow LIMIT 1`,
  );
  if (wrong !== undefined) return faultAt(path, Number(wrong["row"]), String(wrong["fault"]));
  const [twice] = await rowsOf(
    connection,
    `SELECT min(fileRow)::DOUBLE AS first, max(fileRow)::DOUBLE AS row FROM (${numbered})
     GROUP BY userId, action HAVING count(*) > 1 ORDER BY first LIMIT 1`,
  );
  if (twice === undefined) throw new Error(`${path}: changed while it was read`);
  return faultAt(path, Number(twice["row"]), `has the user and action of row ${String(twice["first"])} again`);
}

/** SQL: the row's first fault in words, or null. */
function faultOfRow(): string {
  const cases = Object.entries(RULES).map(
    ([column, { holds, rule }]) => `WHEN NOT coalesce(${holds}, false) THEN ${quoted(`${column} ${rule}`)}`,
  );
  return `CASE ${cases.join(" ")} END`;
}

async function rowsOf(connection: DuckDBConnection, sql: string) {
  return (await connection.runAndReadAll(sql)).getRowObjects();
}

function faultAt(path: string, row: number, fault: string): LiftgateError {
  return new LiftgateError("invalid_request", `${path}, row ${row}: ${fault}`);
}
