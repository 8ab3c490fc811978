/**
 * The account in Lua: loading all of it, the sums of core/ledger/account.ts, and storing what changed.
 *
 *     liftgate:{<budget>}:ledger:<period>                    hash, the sums and terms
 *     liftgate:{<budget>}:ledger:<period>:leases             hash, holder → turn granted returned spent reserved awaited
 *     liftgate:{<budget>}:ledger:<period>:closed             hash, replica → latest closed life
 *     liftgate:{<budget>}:ledger:<period>:pending            hash, reservations that are pending
 *     liftgate:{<budget>}:ledger:<period>:due                sorted set, those by the instant they fall due
 *     liftgate:{<budget>}:ledger:<period>:reservation:<id>   text, one that ended
 *
 * Every script reads and checks first and writes in `store` alone, the account first: Redis refuses a
 * script whole at its first write (OOM, READONLY, MISCONF) and never rolls back. A key of another type or
 * with other fields raises an error while it is read. Numbers are doubles and whole below 2^53; they are
 * written out and answered in digits, for Lua would write 1e+15 and a client may lose the last one.
 *
 * All keys are made from the one that is declared: its hash tag gives them its slot.
 */
export const ACCOUNT_LUA = `
local BASE = KEYS[1]
local NUMBERS = { 'revision', 'amount', 'graceMs', 'leaseTtlMs', 'operations',
  'leased', 'pending', 'settled', 'overrun', 'forgotten' }

local function digits(n) return string.format('%.0f', n) end

local function pairsOf(key)
  local flat, found = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
  return found
end

local function numberIn(value, what)
  local n = tonumber(value)
  if n == nil then error({ err = 'POISONED ' .. what .. ' of an account is not a number' }) end
  return n
end

local function loadLeases(account)
  account.leases = {}
  for holder, text in pairs(pairsOf(BASE .. ':leases')) do
    local turn, granted, returned, spent, reserved, awaited =
      string.match(text, '^(%d+) (%d+) (%d+) (%d+) (%d+) ([01])$')
    account.leases[holder] = {
      holder = holder, turn = numberIn(turn, 'a lease'), granted = tonumber(granted), returned = tonumber(returned),
      spent = tonumber(spent), reserved = tonumber(reserved), awaited = awaited == '1',
    }
  end
  account.closed = {}
  for replica, life in pairs(pairsOf(BASE .. ':closed')) do account.closed[replica] = numberIn(life, 'a closed lease') end
end

-- nil for an account that is not there. Reading :due shows that it is what it must be.
local function loadAccount()
  redis.call('ZCARD', BASE .. ':due')
  local account = pairsOf(BASE)
  if next(account) == nil then return nil end
  for _, name in ipairs(NUMBERS) do account[name] = numberIn(account[name], name) end
  loadLeases(account)
  return account
end

local function newAccount(terms, run)
  local account = { run = run, recovery = '', reserve = terms.reserve, leases = {}, closed = {} }
  for _, name in ipairs(NUMBERS) do account[name] = terms[name] or 0 end
  return account
end

local function available(account)
  return account.amount - account.leased - account.pending - account.settled
end

local function free(account)
  return math.max(0, available(account) - account.overrun)
end

local function outstanding(lease)
  return lease.granted - lease.returned - lease.spent - lease.reserved
end

local function holderKey(holder) return holder.replica .. '/' .. digits(holder.life) end

local function lifeOf(key)
  local replica, life = string.match(key, '^(.*)/(%d+)$')
  return replica, tonumber(life)
end

local function isClosed(account, key)
  local replica, life = lifeOf(key)
  return account.leases[key] == nil and life <= (account.closed[replica] or 0)
end

local function openLease(account, key)
  local lease = { holder = key, turn = 0, granted = 0, returned = 0, spent = 0, reserved = 0, awaited = false }
  account.leases[key] = lease
  return lease
end

local function closeLease(account, lease)
  local returned = outstanding(lease)
  account.leased = account.leased - returned
  account.leases[lease.holder] = nil
  lease.isGone = true
  local replica, life = lifeOf(lease.holder)
  account.closed[replica] = math.max(life, account.closed[replica] or 0)
  return returned
end

local function storeLease(lease)
  redis.call('HSET', BASE .. ':leases', lease.holder, table.concat({ digits(lease.turn), digits(lease.granted),
    digits(lease.returned), digits(lease.spent), digits(lease.reserved), lease.awaited and '1' or '0' }, ' '))
end

local function storeAccount(account)
  local fields = { 'run', account.run, 'recovery', account.recovery, 'reserve', account.reserve }
  for _, name in ipairs(NUMBERS) do
    fields[#fields + 1] = name
    fields[#fields + 1] = digits(account[name])
  end
  redis.call('HSET', BASE, unpack(fields))
end

local function storeClosed(account, lease)
  local replica = lifeOf(lease.holder)
  redis.call('HDEL', BASE .. ':leases', lease.holder)
  redis.call('HSET', BASE .. ':closed', replica, digits(account.closed[replica]))
end

local function viewOf(account)
  local awaited, holders, closed = {}, {}, {}
  for replica, life in pairs(account.closed) do closed[#closed + 1] = replica .. '/' .. digits(life) end
  for key, lease in pairs(account.leases) do
    holders[#holders + 1] = key
    if lease.awaited then awaited[#awaited + 1] = key end
  end
  local figures = { account.revision, account.amount, available(account), account.leased, account.pending,
    account.settled, account.overrun, account.forgotten, account.operations }
  for i, figure in ipairs(figures) do figures[i] = digits(figure) end
  return { figures, account.recovery, awaited, holders, closed }
end
`;
