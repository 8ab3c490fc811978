import type { DuckDBConnection } from "@duckdb/node-api";
import { LiftgateError } from "../../core/errors.ts";
import { type Column, readable, requireColumns } from "./describe-file.ts";
import { quotedName, tableOf } from "./file-format.ts";
import { ID_PATTERN } from "./first-fault.ts";
import type { Progress } from "./read-candidates.ts";

/** A user with the features the file has; null is missing. */
export interface UserRow {
  readonly userId: string;
  readonly features: Readonly<Record<string, number | string | boolean | null>>;
}

export interface UserRows {
  readonly users: readonly UserRow[];
  readonly progress: Progress;
}

const USER_ID = new RegExp(`^${ID_PATTERN}$`);
/** Columns whose values are taken as they are; all others must be numbers. */
const PLAIN_TYPES = new Set(["VARCHAR", "BOOLEAN"]);

/**
 * The users of a file (userId, and a column for every feature) in chunks of some thousand, ordered by the MD5 of
 * their ids.
 *
 * @throws LiftgateError `invalid_request` for users that are in it twice, or have no id
 */
export async function* readUsers(connection: DuckDBConnection, path: string): AsyncGenerator<UserRows, void, void> {
  const columns = await requireColumns(connection, path, { required: ["userId"], csv: "detected" });
  const features = columns.filter(({ name }) => name !== "userId");
  const table = tableOf(path, "detected");
  const counted = await readable(path, connection.runAndReadAll(`SELECT count(*)::DOUBLE AS rows FROM ${table}`));
  const rowsTotal = Number(counted.getRowObjects()[0]?.["rows"]);
  const selected = ["coalesce(userId::VARCHAR, '') AS id", ...features.map(plainColumn)].join(", ");
  const sorted = `SELECT ${selected} FROM ${table} ORDER BY md5(id), id`;
  let rowsDone = 0;
  let last = "";
  for await (const chunk of await readable(path, connection.stream(sorted))) {
    const users = chunk.getRows().map(([id, ...values]): UserRow => {
      const userId = String(id);
      if (!USER_ID.test(userId))
        throw new LiftgateError("invalid_request", `${path}: has a row without a valid userId`);
      if (userId === last) throw new LiftgateError("invalid_request", `${path}: has the user ${userId} twice`);
      last = userId;
      return { userId, features: Object.fromEntries(features.map(({ name }, i) => [name, plainValue(values[i])])) };
    });
    rowsDone += chunk.rowCount;
    yield { users, progress: { rowsDone, rowsTotal } };
  }
}

function plainColumn({ name, type }: Column): string {
  return PLAIN_TYPES.has(type) ? quotedName(name) : `${quotedName(name)}::DOUBLE AS ${quotedName(name)}`;
}

function plainValue(value: unknown): number | string | boolean | null {
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean" ? value : null;
}
