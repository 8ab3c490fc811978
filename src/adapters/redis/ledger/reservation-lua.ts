import { ENDED_KEPT_MS } from "../../../core/ledger/reservation.ts";

/** The fates of reservations in Lua, as in core/ledger/reservation.ts. Loaded ones stay in a table until they are stored. */
export const RESERVATION_LUA = `
local ENDED_KEPT_MS = ${ENDED_KEPT_MS}
local loaded = {}

-- false for one that is not known.
local function reservation(id)
  if loaded[id] == nil then
    local held = pairsOf(BASE .. ':reservation:' .. id)
    if next(held) == nil then
      loaded[id] = false
    else
      for _, name in ipairs({ 'amount', 'fixed', 'dueMs' }) do held[name] = numberIn(held[name], 'a reservation') end
      loaded[id] = held
    end
  end
  return loaded[id]
end

local function isNews(id)
  local known = reservation(id)
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
  local early = reservation(report.id)
  local held = { state = 'pending', amount = report.amount, fixed = report.fixed,
    dueMs = report.expiresAtMs + account.graceMs, outcome = '', events = early and early.events or '', isChanged = true }
  loaded[report.id] = held
  account.pending = account.pending + held.amount
  if early then resolve(account, held, early.outcome) end
end

local function settle(account, settlement)
  local id, eventId = settlement.reservationId, settlement.eventId
  local isVoid = settlement.kind == 'void'
  local outcome = isVoid and 'void' or digits(settlement.amount)
  local known = reservation(id)
  if not known then
    loaded[id] = { state = 'early', amount = 0, fixed = 0, dueMs = 0, outcome = outcome, events = eventId, isChanged = true }
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
  local due = redis.call('ZRANGE', BASE .. ':due', '-inf', digits(nowMs), 'BYSCORE', 'LIMIT', 0, limit)
  for _, id in ipairs(due) do
    local held = reservation(id)
    if held and held.state == 'pending' then
      account.pending = account.pending - held.amount
      account.settled = account.settled + held.fixed
      held.state = 'expired'
      held.isChanged = true
    end
  end
  return #due
end

local function storeReservation(id, held)
  local key = BASE .. ':reservation:' .. id
  redis.call('HSET', key, 'state', held.state, 'amount', digits(held.amount), 'fixed', digits(held.fixed),
    'dueMs', digits(held.dueMs), 'outcome', held.outcome, 'events', held.events)
  if held.state == 'pending' then
    redis.call('PERSIST', key)
    redis.call('ZADD', BASE .. ':due', digits(held.dueMs), id)
  else
    redis.call('PEXPIRE', key, ENDED_KEPT_MS)
    redis.call('ZREM', BASE .. ':due', id)
  end
end

-- The only writes there are; the account first, for it is what may be refused.
local function store(account, lease)
  storeAccount(account)
  if lease ~= nil and lease.isGone then storeClosed(account, lease) end
  for _, open in pairs(account.leases) do storeLease(open) end
  for id, held in pairs(loaded) do
    if held and held.isChanged then storeReservation(id, held) end
  end
end
`;
