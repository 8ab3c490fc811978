import { ENDED_KEPT_MS } from "../../../core/ledger/reservation.ts";

/**
 * The fates of reservations in Lua, as in core/ledger/reservation.ts: `loadReservations` reads those that a script is
 * about, `store` writes what became of them.
 *
 *     5000 0 1764147600000          one that is pending: its amount, the fixed part, when it falls due
 *     settled 0 - event-1 event-2   one that ended: its state, what is left of the fixed part, and its events
 *     early 0 4000 event-1          an outcome that came early: 4,000 micros; or `void`
 */
export const RESERVATION_LUA = `
local ENDED_KEPT_MS = ${ENDED_KEPT_MS}
local PENDING, DUE = BASE .. ':pending', BASE .. ':due'
local loaded = {}

local function endedKey(id) return BASE .. ':reservation:' .. id end

local function pendingIn(text)
  local amount, fixed, dueMs = string.match(text, '^(%d+) (%d+) (%d+)$')
  return { state = 'pending', amount = numberIn(amount, 'a reservation'), fixed = tonumber(fixed),
    dueMs = tonumber(dueMs), events = '' }
end

local function endedIn(text)
  local state, fixed, outcome, events = string.match(text, '^(%l+) (%d+) (%S+) ?(.*)$')
  return { state = state, fixed = numberIn(fixed, 'a reservation'), outcome = outcome, events = events }
end

-- Reservations that are not known are false. Most are not: one call tells that of all.
local function loadReservations(ids)
  local unread = {}
  for _, id in ipairs(ids) do
    if loaded[id] == nil then unread[#unread + 1] = id end
  end
  if #unread == 0 then return end
  local keys, idOf = {}, {}
  for i, text in ipairs(redis.call('HMGET', PENDING, unpack(unread))) do
    local id = unread[i]
    loaded[id] = text and pendingIn(text)
    if not text then
      keys[#keys + 1] = endedKey(id)
      idOf[#keys] = id
    end
  end
  if #keys == 0 or redis.call('EXISTS', unpack(keys)) == 0 then return end
  for i, key in ipairs(keys) do
    local text = redis.call('GET', key)
    loaded[idOf[i]] = text and endedIn(text)
  end
end

local function isNews(id)
  local known = loaded[id]
  return not known or known.state == 'early'
end

local function counted(held, eventId)
  return string.find(' ' .. held.events .. ' ', ' ' .. eventId .. ' ', 1, true) ~= nil
end

local function countEvent(held, eventId)
  held.events = held.events == '' and eventId or held.events .. ' ' .. eventId
  held.isChanged = true
end

local function postOverrun(account, excess)
  account.overrun = account.overrun + excess
  return { 'overrun', digits(excess) }
end

local function settleLate(account, held, amount)
  local settled = 0
  if held.state == 'expired' then
    settled = math.min(held.fixed, amount)
    held.fixed = held.fixed - settled
  end
  if settled == amount then return { 'settled', '0' } end
  return postOverrun(account, amount - settled)
end

-- outcome: the amount that is settled, or 'void'.
local function resolve(account, held, outcome)
  account.pending = account.pending - held.amount
  if outcome == 'void' then
    held.state = 'voided'
    return { 'voided', '0' }
  end
  held.state = 'settled'
  local amount = tonumber(outcome)
  account.settled = account.settled + math.min(amount, held.amount)
  local above = math.max(0, amount - held.amount)
  local drawn = account.reserve == 'expected' and math.min(above, free(account)) or 0
  account.settled = account.settled + drawn
  if above == drawn then return { 'settled', '0' } end
  return postOverrun(account, above - drawn)
end

local function hold(account, report)
  local early = loaded[report.id]
  local held = { state = 'pending', amount = report.amount, fixed = report.fixed,
    dueMs = report.expiresAtMs + account.graceMs, events = early and early.events or '', isChanged = true }
  loaded[report.id] = held
  account.pending = account.pending + held.amount
  if early then resolve(account, held, early.outcome) end
end

local function settle(account, settlement)
  local id, eventId = settlement.reservationId, settlement.eventId
  local isVoid = settlement.kind == 'void'
  local outcome = isVoid and 'void' or digits(settlement.amount)
  local known = loaded[id]
  if not known then
    loaded[id] = { state = 'early', fixed = 0, outcome = outcome, events = eventId, isChanged = true }
    return { 'early', '0' }
  end
  if counted(known, eventId) then return { 'duplicate', '0' } end
  if known.state ~= 'pending' and isVoid then return { 'conflict', '0' } end
  countEvent(known, eventId)
  if known.state == 'pending' then return resolve(account, known, outcome) end
  return settleLate(account, known, settlement.amount)
end

-- By the caller's clock and by the server's: one that jumped ahead releases nothing early, on either side.
local function expireDue(account, callerMs, limit)
  local time = redis.call('TIME')
  local nowMs = math.min(callerMs, time[1] * 1000 + math.floor(time[2] / 1000))
  local due = redis.call('ZRANGE', DUE, '-inf', digits(nowMs), 'BYSCORE', 'LIMIT', 0, limit)
  loadReservations(due)
  for _, id in ipairs(due) do
    local held = loaded[id]
    if held and held.state == 'pending' then
      account.pending = account.pending - held.amount
      account.settled = account.settled + held.fixed
      held.state = 'expired'
      held.isChanged = true
    end
  end
  return #due
end

local function storeReservations()
  local pending, due, ended = {}, {}, {}
  for id, held in pairs(loaded) do
    if held and held.isChanged and held.state == 'pending' then
      local dueMs = digits(held.dueMs)
      pending[#pending + 1] = id
      pending[#pending + 1] = digits(held.amount) .. ' ' .. digits(held.fixed) .. ' ' .. dueMs
      due[#due + 1] = dueMs
      due[#due + 1] = id
    elseif held and held.isChanged then
      ended[#ended + 1] = id
      local text = table.concat({ held.state, digits(held.fixed), held.outcome or '-', held.events }, ' ')
      redis.call('SET', endedKey(id), text, 'PX', ENDED_KEPT_MS)
    end
  end
  if #pending > 0 then
    redis.call('HSET', PENDING, unpack(pending))
    redis.call('ZADD', DUE, unpack(due))
  end
  if #ended > 0 then
    redis.call('HDEL', PENDING, unpack(ended))
    redis.call('ZREM', DUE, unpack(ended))
  end
end

-- The only writes there are; the account first, for it is what may be refused.
local function store(account, lease)
  storeAccount(account)
  if lease ~= nil and lease.isGone then storeClosed(account, lease) end
  for _, open in pairs(account.leases) do storeLease(open) end
  storeReservations()
end
`;
