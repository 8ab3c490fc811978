import type { Redis } from "ioredis";
import { Script } from "./script.ts";

export interface RowKey {
  readonly key: string;
  /** More bytes than this are of no use; at least 1. */
  readonly bytesMax: number;
}

/** The first bytes of the value; none where there is no value; null where the key holds another type. */
export type Row = Buffer | null;

/** A key of another type is that key's trouble; any other error is everybody's. */
const READ = new Script(`
local rows = {}
for i, key in ipairs(KEYS) do
  local row = redis.pcall('GETRANGE', key, 0, ARGV[i])
  if type(row) == 'string' then rows[i] = row
  elseif string.find(row.err, '^WRONGTYPE') then rows[i] = false
  else return row end
end
return rows`);

/** One command that reads at most so many bytes of each key's value, in the keys' order. */
export async function readRows(redis: Redis, keys: readonly RowKey[]): Promise<readonly Row[]> {
  const names = keys.map(({ key }) => key);
  return (await READ.runForBytes(redis, names, ...keys.map(({ bytesMax }) => bytesMax - 1))) as readonly Row[];
}
