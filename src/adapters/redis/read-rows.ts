import type { Redis } from "ioredis";

/** The first bytes of the value; none where there is no value; null where the key holds another type. */
export type Row = Buffer | null;

/** A key of another type is that key's trouble; any other error is everybody's. */
const SCRIPT = `
local rows = {}
for i, key in ipairs(KEYS) do
  local row = redis.pcall('GETRANGE', key, 0, ARGV[1])
  if type(row) == 'string' then rows[i] = row
  elseif string.find(row.err, '^WRONGTYPE') then rows[i] = false
  else return row end
end
return rows`;

/** One command that reads at most `bytesMax` bytes, at least 1, of each key's value; in the keys' order. */
export async function readRows(redis: Redis, keys: readonly string[], bytesMax: number): Promise<readonly Row[]> {
  return (await redis.callBuffer("eval", SCRIPT, keys.length, ...keys, bytesMax - 1)) as readonly Row[];
}
