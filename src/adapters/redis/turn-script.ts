/** The command of a turn in Lua. */
import { HISTORY_LUA } from "./history-lua.ts";
import { ID_CHARS } from "./history-text.ts";

/**
 * KEYS: all places, then rows. ARGV[1]: changes; [2]: the last byte of each row; [3]: the histories that are asked for;
 * [4]: when places in them are taken. One argument for many values, with spaces and line ends between, and no key for what
 * is named in them: each costs the caller time.
 *
 * A row of another type is that row's trouble, any other error there is everybody's. A history's trouble is its own, but
 * for that of the places. A change's trouble is that of all changes, and that of the command where nothing is read.
 */
export const TURN_SCRIPT = `${HISTORY_LUA}
local function refusal(reply)
  local said = type(reply) == 'table' and reply.err or tostring(reply)
  return not string.find(said, '^WRONGTYPE') and said
end

local function trouble(reply)
  local said = refusal(reply)
  return said and { said }
end

local function histories(now)
  local subjects, places = split(ARGV[3])
  local replies, taken = {}, {}
  if #subjects == 0 then return replies end
  local known, held = pcall(placesOf, subjects)
  for i, subject in ipairs(subjects) do
    local done, reply = known, held
    if known then done, reply = pcall(read, subject, places[i], held, now) end
    if done and reply and places[i] ~= '' then
      taken[#taken + 1] = subject
      taken[#taken + 1] = held[subject]
    end
    if not done then reply = trouble(reply) end
    replies[i] = reply
  end
  if #taken == 0 then return replies end
  local kept = redis.pcall('HSET', PLACES, unpack(taken))
  if type(kept) == 'number' then return replies end
  for i, place in ipairs(places) do
    if place ~= '' then replies[i] = trouble(kept) end
  end
  return replies
end

local refused = false
local function try(done, reply)
  refused = not done and refusal(reply) or refused
end
local subjects, changes = split(ARGV[1])
local ids = {}
for i, text in ipairs(changes) do
  ids[i] = string.sub(text, 1, ${ID_CHARS})
  local what = string.sub(text, ${ID_CHARS + 2})
  if what ~= '' then try(pcall(change, subjects[i], ids[i], what)) end
end
if #ids > 0 and not refused then try(pcall(leave, subjects, ids)) end
if refused and #KEYS == 1 and ARGV[3] == '' then return redis.error_reply(refused) end

local now = tonumber(ARGV[4])
if now > 0 then pcall(sweep, now) end
local replies = { refused and { refused } }
local at = 1
for last in string.gmatch(ARGV[2], '%d+') do
  at = at + 1
  local row = redis.pcall('GETRANGE', KEYS[at], '0', last)
  if type(row) ~= 'string' and refusal(row) then return row end
  replies[#replies + 1] = type(row) == 'string' and row
end
for _, reply in ipairs(histories(now)) do replies[#replies + 1] = reply end
return cmsgpack.pack(replies)
`;
