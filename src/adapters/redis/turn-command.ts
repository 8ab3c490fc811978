/** One command that changes offer histories, reads rows and histories, and takes places in them. */
import type { Redis } from "ioredis";
import { ALIKE_MAX, ENTRIES_MAX } from "../../core/domain/offer.ts";
import { LINE_CHARS_MAX, LINE_CHARS_MIN, OFFERS_CHARS_MAX, PLACES_KEY } from "./history-entry.ts";
import { ID_CHARS } from "./history-text.ts";
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
  /** Of each, the field of its places and, with a space before it, the line of the place to take, if any. */
  readonly places: readonly string[];
  /** When they are taken, in milliseconds since 1970; 0 where none is. */
  readonly atMs: number;
}

/**
 * The lines of offers and places, as they were before the place was taken; null where the key holds another type, or
 * more than a history has; as an error what Redis said when it refused.
 */
export type HistoryReply = string | Error | null;

/** What became of decisions. */
export interface Changes {
  /** Of the places that end, the field of each, a space and the decision's id. */
  readonly left: readonly string[];
  /** Of the histories in which offers come or go. */
  readonly keys: readonly string[];
  /** In each, the id of the offer that goes; or of one that comes for how many milliseconds it is kept, and its line. */
  readonly offers: readonly string[];
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

/** As a pattern. */
const ANY_ID = ".".repeat(ID_CHARS);

/**
 * KEYS: all places, changed histories, rows, then histories. ARGV[1] and [2]: changes; [3]: the last byte of each row;
 * [4]: of each history its places; [5]: when they are taken. One argument for many values, with spaces and line ends
 * between: each costs the caller time.
 *
 * A row of another type is that row's trouble, any other error there is everybody's. A history's trouble is its own. A
 * change's trouble is that of all changes, and that of the command where nothing is read; what is no history has nothing
 * to change. No place ends before all offers are there. A history stays for as long as each of its offers is kept, at
 * least: by durations, so that it does not matter what Redis' clock says. The places of decisions that were never left
 * have nobody to end them: each command looks at those of one subject, whichever.
 */
const TURN = new Script(`
local PLACES = KEYS[1]

local function count(lines)
  local _, ends = string.gsub(lines, '\\n', '')
  return ends
end

-- To look for the lines of any other text takes the square of its length.
local function isLines(text)
  return text == '' or #text <= ${OFFERS_CHARS_MAX} and string.byte(text, -1) == 10
end

local function without(lines, id)
  local from = string.find(lines, id, 1, true)
  if not from then return lines end
  local to = string.find(lines, '\\n', from, true)
  return string.sub(lines, 1, from - 1) .. string.sub(lines, to + 1)
end

local function put(subject, places, before)
  if places == before then return end
  if places == '' then redis.call('HDEL', PLACES, subject) else redis.call('HSET', PLACES, subject, places) end
end

-- Most places are the only one of their subject, and go together.
local function leave(left)
  local subjects, ids = {}, {}
  for subject, id in string.gmatch(left, '(%S+) (%S+)') do subjects[#subjects + 1], ids[#ids + 1] = subject, id end
  if #ids == 0 then return end
  local gone = {}
  for i, places in ipairs(redis.call('HMGET', PLACES, unpack(subjects))) do
    if not places or not isLines(places) then
    elseif without(places, ids[i]) == '' then gone[#gone + 1] = subjects[i]
    else
      local others = redis.call('HGET', PLACES, subjects[i]) or ''
      put(subjects[i], without(others, ids[i]), others)
    end
  end
  if #gone > 0 then redis.call('HDEL', PLACES, unpack(gone)) end
end

local function current(places, now)
  return (string.gsub(places, '[^\\n]*\\n', function(line)
    local ms = #line <= ${LINE_CHARS_MAX} and string.match(line, '^%S+ (%d+) %S+\\n$')
    if ms and tonumber(ms) <= now then return '' end
  end))
end

-- The offers that are still needed, and one less of a kind than there may be; nothing where they are no offers.
local function needed(offers, now, kind)
  if not isLines(offers) then return nil end
  local alike, oldest, oldestMs = 0, nil, nil
  local lines = {}
  for line in string.gmatch(offers, '[^\\n]*\\n') do
    if #line > ${LINE_CHARS_MAX} then return nil end
    local untilMs, name, decidedMs, channel = string.match(line, '^${ANY_ID} (%d+) (%S+ %S+) (%d+) %d+( ?%S*)\\n$')
    if untilMs == nil then return nil end
    if tonumber(untilMs) > now then
      lines[#lines + 1] = line
      if name .. channel == kind then
        alike = alike + 1
        if oldest == nil or tonumber(decidedMs) < oldestMs then oldest, oldestMs = #lines, tonumber(decidedMs) end
      end
    end
  end
  if alike >= ${ALIKE_MAX} then table.remove(lines, oldest) end
  return table.concat(lines)
end

local function offersIn(key)
  local offers = redis.call('GETRANGE', key, 0, ${OFFERS_CHARS_MAX})
  return #offers <= ${OFFERS_CHARS_MAX} and offers
end

local function takeBack(key, id)
  local offers = offersIn(key)
  if not offers or not needed(offers, 0) then return end
  local others = without(offers, id)
  if others == '' then redis.call('DEL', key)
  elseif others ~= offers then redis.call('SET', key, others, 'KEEPTTL') end
end

local function give(key, ms, line)
  local offers = offersIn(key)
  if not offers or string.find(offers, string.sub(line, 1, ${ID_CHARS}), 1, true) then return end
  local untilMs, name, channel = string.match(line, '^%S+ (%d+) (%S+ %S+) %d+ %d+( ?%S*)\\n$')
  local others = needed(offers, untilMs - ms, name .. channel)
  if not others or count(others) >= ${ENTRIES_MAX} then return end
  if offers == '' then redis.call('SET', key, line, 'PX', ms) return end
  if others == offers then redis.call('APPEND', key, line)
  else redis.call('SET', key, others .. line, 'KEEPTTL') end
  redis.call('PEXPIRE', key, ms, 'GT')
end

local function change(key, text)
  local ms, line = string.match(text, '^(%d+) (.*)$')
  if line then give(key, ms, line) else takeBack(key, string.sub(text, 1, ${ID_CHARS})) end
end

local function take(subject, place, now)
  if redis.call('HSETNX', PLACES, subject, place) == 1 then return '' end
  local before = redis.call('HGET', PLACES, subject)
  if not isLines(before) then return false end
  local places = current(before, now)
  put(subject, count(places) < ${ENTRIES_MAX} and places .. place or places, before)
  return places
end

local function history(key, places, now)
  local offers = offersIn(key)
  if not offers then return false end
  local subject, place = string.match(places, '^(%S+)%s(.*)$')
  if place == '' then
    local places = redis.call('HGET', PLACES, subject) or ''
    return isLines(places) and offers .. places
  end
  if #offers > ${ENTRIES_MAX * LINE_CHARS_MIN} then offers = needed(offers, now) or offers end
  local places = take(subject, place, now)
  return places and offers .. places
end

local function sweep(now)
  local subject = redis.call('HRANDFIELD', PLACES)
  local places = subject and redis.call('HGET', PLACES, subject)
  if places and isLines(places) then put(subject, current(places, now), places) end
end

local function refusal(reply)
  local said = type(reply) == 'table' and reply.err or tostring(reply)
  return not string.find(said, '^WRONGTYPE') and said
end

local at = 1
local refused = false
local function try(done, reply)
  refused = not done and refusal(reply) or refused
end
for text in string.gmatch(ARGV[2], '[^\\n]+\\n') do
  at = at + 1
  try(pcall(change, KEYS[at], text))
end
if not refused then try(pcall(leave, ARGV[1])) end
if refused and at == #KEYS then return redis.error_reply(refused) end

local now = tonumber(ARGV[5])
if now > 0 then pcall(sweep, now) end
local replies = { refused and { refused } }
for last in string.gmatch(ARGV[3], '%d+') do
  at = at + 1
  local row = redis.pcall('GETRANGE', KEYS[at], '0', last)
  if type(row) ~= 'string' and refusal(row) then return row end
  replies[#replies + 1] = type(row) == 'string' and row
end
for places in string.gmatch(ARGV[4], '[^\\n]+\\n') do
  at = at + 1
  local done, reply = pcall(history, KEYS[at], places, now)
  if not done then
    local said = refusal(reply)
    reply = said and { said }
  end
  replies[#replies + 1] = reply
end
return cmsgpack.pack(replies)`);

export async function runTurn(redis: Redis, { changes, rows, histories }: TurnCalls): Promise<TurnReplies> {
  const keys = [PLACES_KEY, ...changes.keys, ...rows.keys, ...histories.keys];
  const lasts = rows.bytesMax.map((bytes) => bytes - 1).join(" ");
  const lists = [linesOf(changes.left), linesOf(changes.offers), lasts, linesOf(histories.places)];
  const replies = new PackedReplies(await TURN.runForBytes(redis, keys, ...lists, histories.atMs));
  return {
    refusal: replies.error(),
    rows: rows.keys.map(() => replies.bytes()),
    histories: histories.keys.map(() => replies.text()),
  };
}

function linesOf(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `${texts.join("\n")}\n`;
}
