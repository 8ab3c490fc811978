/** One command that reads rows and offer histories, and takes places in histories. */
import type { Redis } from "ioredis";
import { ENTRIES_MAX } from "../../core/domain/offer.ts";
import { HISTORY_CHARS_MAX, ID_CHARS } from "./history-entry.ts";
import { PackedReplies } from "./packed-replies.ts";
import { Script } from "./script.ts";

export interface RowKey {
  readonly key: string;
  /** More bytes than this are of no use; at least 1. */
  readonly bytesMax: number;
}

/** The first bytes of the value; none where there is no value; null where the key holds another type. */
export type Row = Buffer | null;

export interface HistoryKey {
  readonly key: string;
  /** The entry that is to be put there if there is room, as `entryText` has it; null: it is only read. */
  readonly place: string | null;
}

/**
 * Id and value of each entry, as they were before the place was taken, with line ends between; null where the key
 * holds another type, or more than a history has; as an error what Redis said when it refused.
 */
export type HistoryReply = string | Error | null;

export interface TurnReplies {
  readonly rows: readonly Row[];
  readonly histories: readonly HistoryReply[];
}

/** Of an entry, as `entryText` has it: the id, for how long it is kept in ms, and the value. */
export const PARTS = `
local function parts(entry)
  return string.sub(entry, 1, ${ID_CHARS}), string.match(entry, '^(%d+) (.*)$', ${ID_CHARS + 1})
end
`;

/**
 * KEYS: rows, then histories. ARGV[1]: the last byte of each row; ARGV[2]: for each history its place or nothing.
 * One argument for many values, with spaces and line ends between: each costs the caller time.
 *
 * A row of another type is that row's trouble, any other error there is everybody's. A history's trouble is its own.
 * It stays for as long as each of its entries is kept, at least: by durations, so that it does not matter what Redis'
 * clock says.
 */
const READ = new Script(`${PARTS}
local function history(key, place)
  local size = redis.call('HLEN', key)
  if size > ${ENTRIES_MAX} then return false end
  local text = size == 0 and '' or table.concat(redis.call('HGETALL', key), '\\n')
  if #text > ${HISTORY_CHARS_MAX} then return false end
  if place ~= '' and size < ${ENTRIES_MAX} then
    local id, ms, value = parts(place)
    redis.call('HSETNX', key, id, value)
    redis.call('PEXPIRE', key, ms, size == 0 and 'NX' or 'GT')
  end
  return text
end

local replies = {}
for last in string.gmatch(ARGV[1], '%d+') do
  local i = #replies + 1
  local row = redis.pcall('GETRANGE', KEYS[i], '0', last)
  if type(row) == 'string' then replies[i] = row
  elseif string.find(row.err, '^WRONGTYPE') then replies[i] = false
  else return row end
end
for place in string.gmatch(ARGV[2], '([^\\n]*)\\n') do
  local i = #replies + 1
  local done, reply = pcall(history, KEYS[i], place)
  if done then replies[i] = reply
  else
    local said = type(reply) == 'table' and reply.err or tostring(reply)
    replies[i] = not string.find(said, '^WRONGTYPE') and { said }
  end
end
return cmsgpack.pack(replies)`);

export async function readTurn(
  redis: Redis,
  rows: readonly RowKey[],
  histories: readonly HistoryKey[],
): Promise<TurnReplies> {
  const keys = [...rows, ...histories].map(({ key }) => key);
  const lasts = rows.map(({ bytesMax }) => bytesMax - 1).join(" ");
  const places = [...histories.map(({ place }) => place ?? ""), ""].join("\n");
  const replies = new PackedReplies(await READ.runForBytes(redis, keys, lasts, places));
  return { rows: rows.map(() => replies.bytes()), histories: histories.map(() => replies.text()) };
}
