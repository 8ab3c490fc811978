/** Offer histories in Lua: their texts, as history-entry.ts has them, and what is done to them. KEYS[1]: all places. */
import { ALIKE_MAX, ENTRIES_MAX } from "../../core/domain/offer.ts";
import { LINE_CHARS_MAX, LINE_CHARS_MIN, OFFERS_CHARS_MAX } from "./history-entry.ts";
import { ID_CHARS } from "./history-text.ts";

/** As a pattern. */
const ANY_ID = "%S".repeat(ID_CHARS);

/**
 * What is no history has nothing to change. No place ends before all offers are there. A history stays for as long as
 * each of its offers is kept, at least: by durations, so that it does not matter what Redis' clock says. The places of
 * decisions that were never left have nobody to end them: `sweep` looks at those of one subject, whichever.
 */
export const HISTORY_LUA = `
local PLACES = KEYS[1]

-- To look for the lines of any other text takes the square of its length.
local function isLines(text)
  return text == '' or #text <= ${OFFERS_CHARS_MAX} and string.byte(text, -1) == 10
end

-- Of each line the first word, and what follows it. In half the time of a pattern.
local function split(lines)
  local words, others = {}, {}
  local from = 1
  while from <= #lines do
    local to = string.find(lines, '\\n', from, true)
    local space = math.min(string.find(lines, ' ', from, true) or to, to)
    words[#words + 1] = string.sub(lines, from, space - 1)
    others[#words] = string.sub(lines, space + 1, to - 1)
    from = to + 1
  end
  return words, others
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
local function leave(subjects, ids)
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

-- The places that are still needed, and how many.
local function current(places, now)
  local left, entries = {}, 0
  for line in string.gmatch(places, '[^\\n]*\\n') do
    local ms = #line <= ${LINE_CHARS_MAX} and string.match(line, '^%S+ (%d+) %S+\\n$')
    if not ms or tonumber(ms) > now then
      entries = entries + 1
      left[entries] = line
    end
  end
  return table.concat(left), entries
end

-- The offers that are still needed, one less of a kind than there may be, and how many; nothing where they are no offers.
local function needed(offers, now, kind)
  if not isLines(offers) then return nil end
  local alike, oldest, oldestMs = 0, nil, nil
  local lines, from = {}, 1
  while from <= #offers do
    local _, to, untilMs, name, decidedMs, channel =
      string.find(offers, '^${ANY_ID} (%d+) (%S+ %S+) (%d+) %d+( ?%S*)\\n', from)
    if to == nil or to - from >= ${LINE_CHARS_MAX} then return nil end
    if tonumber(untilMs) > now then
      lines[#lines + 1] = string.sub(offers, from, to)
      if name .. channel == kind then
        alike = alike + 1
        if oldest == nil or tonumber(decidedMs) < oldestMs then oldest, oldestMs = #lines, tonumber(decidedMs) end
      end
    end
    from = to + 1
  end
  if alike >= ${ALIKE_MAX} then table.remove(lines, oldest) end
  return table.concat(lines), #lines
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
  if offers == '' then redis.call('SET', key, line, 'PX', ms) return end
  local untilMs, name, channel = string.match(line, '^%S+ (%d+) (%S+ %S+) %d+ %d+( ?%S*)\\n$')
  local others, entries = needed(offers, untilMs - ms, name .. channel)
  if not others or entries >= ${ENTRIES_MAX} then return end
  if others == offers then redis.call('APPEND', key, line)
  else redis.call('SET', key, others .. line, 'KEEPTTL') end
  redis.call('PEXPIRE', key, ms, 'GT')
end

local function keyOf(subject)
  local colon = string.find(subject, ':', 1, true)
  return 'liftgate:{' .. string.sub(subject, colon + 1) .. '}:' .. string.sub(subject, 1, colon - 1) .. '-history'
end

-- The offer of a decision comes or goes.
local function change(subject, id, what)
  if what == 'back' then return takeBack(keyOf(subject), id) end
  local ms, line = string.match(what, '^(%d+) (.*)$')
  give(keyOf(subject), ms, line .. '\\n')
end

local function placesOf(subjects)
  local held = {}
  for i, places in ipairs(redis.call('HMGET', PLACES, unpack(subjects))) do held[subjects[i]] = places or '' end
  return held
end

-- What was there before the place was taken, if one is; false where that is no history, and then none is.
local function read(subject, place, held, now)
  local offers, places = offersIn(keyOf(subject)), held[subject]
  if not offers or not isLines(places) then return false end
  if place == '' then return offers .. places end
  if #offers > ${ENTRIES_MAX * LINE_CHARS_MIN} then offers = needed(offers, now) or offers end
  local entries = 0
  if places ~= '' then places, entries = current(places, now) end
  held[subject] = entries < ${ENTRIES_MAX} and places .. place .. '\\n' or places
  return offers .. places
end

local function sweep(now)
  local subject = redis.call('HRANDFIELD', PLACES)
  local places = subject and redis.call('HGET', PLACES, subject)
  if places and isLines(places) then put(subject, (current(places, now)), places) end
end
`;
