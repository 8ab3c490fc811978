/** The command of a turn in Lua. */
import { HISTORY_LUA } from "./history-lua.ts";

/**
 * KEYS: all places, changed histories, rows, then histories. ARGV[1] and [2]: changes; [3]: the last byte of each row;
 * [4]: of each history its places; [5]: when they are taken. One argument for many values, with spaces and line ends
 * between: each costs the caller time.
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

local function histories(at, now)
  local subjects, places = split(ARGV[4])
  local replies, taken = {}, {}
  if #subjects == 0 then return replies end
  local known, held = pcall(placesOf, subjects)
  for i, subject in ipairs(subjects) do
    local done, reply = known, held
    if known then done, reply = pcall(read, KEYS[at + i], subject, places[i], held, now) end
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
for _, reply in ipairs(histories(at, now)) do replies[#replies + 1] = reply end
return cmsgpack.pack(replies)
`;
