/**
 * What Redis runs as one step on packed histories (packed-history.ts). Scripts are isolated and do not
 * roll back: each commit reads and checks all its histories first, and then writes them. Redis refuses
 * writes (OOM, READONLY, MISCONF) for a script as a whole, so they are made all or none.
 */
import { ALIKE_MAX, OFFERS_MAX } from "../../core/domain/offer.ts";
import { Script } from "./script.ts";
import { HISTORY_BYTES_MAX, HISTORY_VERSION } from "./packed-history.ts";

/** Instants are whole numbers from 0 that a double holds exactly; NaN is not. */
const READING = `
local VERSION = string.char(${HISTORY_VERSION})
local OFFER = '<c16dddBc0Bc0Bc0'

local function isInstant(ms)
  return ms >= 0 and ms <= ${Number.MAX_SAFE_INTEGER} and ms == math.floor(ms)
end

-- The value's bytes, and whether they can be a history.
local function get(key)
  local value = redis.pcall('GETRANGE', key, 0, ${HISTORY_BYTES_MAX})
  if value == '' then return VERSION, true end
  if type(value) == 'string' then
    return value, string.sub(value, 1, 1) == VERSION and #value > 1 and #value <= ${HISTORY_BYTES_MAX}
  end
  if string.find(value.err, '^WRONGTYPE') then return nil, false end
  -- Asked again, it fails the whole script with Redis' own words.
  return redis.call('GETRANGE', key, 0, 0), false
end

-- The offer at the position, or nil: after, id, decidedAt, keepUntil, program, action, channel.
local function offerAt(value, at)
  local read, id, decidedAt, expiresAt, keepUntil, program, action, channel, after =
    pcall(struct.unpack, OFFER, value, at)
  if not read or not (isInstant(decidedAt) and isInstant(expiresAt) and isInstant(keepUntil)) then return nil end
  return after, id, decidedAt, keepUntil, program, action, channel
end
`;

/**
 * KEYS: the histories of all commits, in order. ARGV[1]: JSON, for each commit its instant and for each
 * of its histories the packed offer's length and the conditions; ARGV[2]: the packed offers, one after the other.
 */
export const COMMIT_SCRIPT = new Script(`${READING}
local function matches(condition, program, action, channel)
  return (condition[3] == '' or condition[3] == program)
    and (condition[4] == '' or condition[4] == action)
    and (condition[5] == '' or condition[5] == channel)
end

-- 'committed' with the history as it would be and how long it is needed, or the outcome that it forces.
local function extended(key, offer, nowMs, conditions)
  local value, isHistory = get(key)
  if not isHistory then return 'mismatch' end
  local _, ownId, _, neededUntil, ownProgram, ownAction, ownChannel = offerAt(offer, 1)
  local parts, counts = { VERSION }, {}
  local alike, oldest, oldestMs = 0, nil, math.huge
  local at = 2
  while at <= #value do
    local after, id, decidedAt, keepUntil, program, action, channel = offerAt(value, at)
    if not after then return 'mismatch' end
    if id == ownId then return 'repeated' end
    for i, condition in ipairs(conditions) do
      if decidedAt > condition[1] and matches(condition, program, action, channel) then
        counts[i] = (counts[i] or 0) + 1
      end
    end
    if keepUntil > nowMs then
      parts[#parts + 1] = string.sub(value, at, after - 1)
      neededUntil = math.max(neededUntil, keepUntil)
      if program == ownProgram and action == ownAction and channel == ownChannel then
        alike = alike + 1
        if decidedAt < oldestMs then oldest, oldestMs = #parts, decidedAt end
      end
    end
    at = after
  end
  for i, condition in ipairs(conditions) do
    if (counts[i] or 0) >= condition[2] then return 'refused' end
  end
  if alike >= ${ALIKE_MAX} then table.remove(parts, oldest) end
  if #parts > ${OFFERS_MAX} then return 'refused' end
  parts[#parts + 1] = offer
  return 'committed', table.concat(parts), math.max(1, neededUntil - nowMs)
end

local outcomes = {}
local key, at = 0, 1
for i, commit in ipairs(cjson.decode(ARGV[1])) do
  local outcome, writes = 'committed', {}
  for j = 2, #commit do
    key = key + 1
    local bytes, conditions = commit[j][1], commit[j][2]
    local offer = string.sub(ARGV[2], at, at + bytes - 1)
    at = at + bytes
    if outcome == 'committed' then
      local value, ttlMs
      outcome, value, ttlMs = extended(KEYS[key], offer, commit[1], conditions)
      writes[#writes + 1] = { KEYS[key], value, ttlMs }
    end
  end
  if outcome == 'committed' then
    for _, write in ipairs(writes) do
      redis.call('SET', write[1], write[2], 'PX', string.format('%.0f', write[3]))
    end
  end
  outcomes[i] = outcome
end
return outcomes`);

/** KEYS: histories. ARGV[1]: the decision's id. What is no history has no offer to take out. */
export const UNDO_SCRIPT = new Script(`${READING}
for _, key in ipairs(KEYS) do
  local value, isHistory = get(key)
  local at = 2
  while isHistory and at <= #value do
    local after, id = offerAt(value, at)
    if after and id == ARGV[1] then
      local rest = string.sub(value, 1, at - 1) .. string.sub(value, after)
      if rest == VERSION then redis.call('DEL', key) else redis.call('SET', key, rest, 'KEEPTTL') end
    end
    if not after or id == ARGV[1] then break end
    at = after
  end
end`);
