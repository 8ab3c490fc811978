/** One command that settles places in offer histories, reads rows and histories, and takes places in them. */
import type { Redis } from "ioredis";
import { ENTRIES_MAX } from "../../core/domain/offer.ts";
import { HISTORY_CHARS_MAX, ID_CHARS } from "./history-entry.ts";
import { PackedReplies } from "./packed-replies.ts";
import { Script } from "./script.ts";

/** Rows to read. Lists side by side, here and below: an object for each would be made for every decision. */
export interface RowCalls {
  readonly keys: readonly string[];
  /** Of each, beyond how many bytes it is of no use; at least 1. */
  readonly bytesMax: readonly number[];
}

/** The first bytes of the value; none where there is no value; null where the key holds another type. */
export type Row = Buffer | null;

export interface HistoryCalls {
  readonly keys: readonly string[];
  /** In each, the entry that is to be put there if there is room, as `entryText` has it; none: it is only read. */
  readonly places: readonly string[];
}

/**
 * Id and value of each entry, as they were before the place was taken, with line ends between; null where the key
 * holds another type, or more than a history has; as an error what Redis said when it refused.
 */
export type HistoryReply = string | Error | null;

/** Of each key, how its history changes: places that become an offer, or go. */
export interface Changes {
  readonly keys: readonly string[];
  /** The decision's id, or its entry if it is an offer, and, with a comma before each, the ids of others that go. */
  readonly texts: readonly string[];
}

export interface TurnCalls {
  readonly changes: Changes;
  readonly rows: RowCalls;
  readonly histories: HistoryCalls;
}

export interface TurnReplies {
  /** What Redis said when it refused a change; null when it took them all. */
  readonly refusal: Error | null;
  readonly rows: readonly Row[];
  readonly histories: readonly HistoryReply[];
}

/**
 * KEYS: changed histories, rows, then histories. ARGV[1]: for each change its text; ARGV[2]: the last byte of each row;
 * ARGV[3]: for each history its place or nothing. One argument for many values, with spaces and line ends between: each
 * costs the caller time.
 *
 * A row of another type is that row's trouble, any other error there is everybody's. A history's trouble is its own. A
 * change's trouble is that of all changes, and that of the command where nothing is read; what is no history has nothing
 * to change. A history stays for as long as each of its entries is kept, at least: by durations, so that it does not
 * matter what Redis' clock says.
 */
const TURN = new Script(`
local function parts(entry)
  return string.sub(entry, 1, ${ID_CHARS}), string.match(entry, '^(%d+) (.*)$', ${ID_CHARS + 1})
end

local function change(key, text)
  local entry, others = string.match(text, '^([^,]*)(.*)$')
  for other in string.gmatch(others, '[^,]+') do redis.call('HDEL', key, other) end
  local id, ms, value = parts(entry)
  if ms == nil then
    redis.call('HDEL', key, id)
  elseif redis.call('HSET', key, id, value) == 1 and redis.call('HLEN', key) > ${ENTRIES_MAX} then
    redis.call('HDEL', key, id)
  elseif redis.call('PEXPIRE', key, ms, 'GT') == 0 then
    redis.call('PEXPIRE', key, ms, 'NX')
  end
end

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

local function refusal(reply)
  local said = type(reply) == 'table' and reply.err or tostring(reply)
  return not string.find(said, '^WRONGTYPE') and said
end

local at = 0
local refused = false
for text in string.gmatch(ARGV[1], '[^\\n]+') do
  at = at + 1
  local done, reply = pcall(change, KEYS[at], text)
  refused = not done and refusal(reply) or refused
end
if refused and at == #KEYS then return redis.error_reply(refused) end

local replies = { refused and { refused } }
for last in string.gmatch(ARGV[2], '%d+') do
  at = at + 1
  local row = redis.pcall('GETRANGE', KEYS[at], '0', last)
  if type(row) ~= 'string' and refusal(row) then return row end
  replies[#replies + 1] = type(row) == 'string' and row
end
for place in string.gmatch(ARGV[3], '([^\\n]*)\\n') do
  at = at + 1
  local done, reply = pcall(history, KEYS[at], place)
  if not done then
    local said = refusal(reply)
    reply = said and { said }
  end
  replies[#replies + 1] = reply
end
return cmsgpack.pack(replies)`);

export async function runTurn(redis: Redis, { changes, rows, histories }: TurnCalls): Promise<TurnReplies> {
  const keys = changes.keys.concat(rows.keys, histories.keys);
  const lasts = rows.bytesMax.map((bytes) => bytes - 1).join(" ");
  const places = histories.places.map((place) => `${place}\n`).join("");
  const replies = new PackedReplies(await TURN.runForBytes(redis, keys, changes.texts.join("\n"), lasts, places));
  return {
    refusal: replies.error(),
    rows: rows.keys.map(() => replies.bytes()),
    histories: histories.keys.map(() => replies.text()),
  };
}
