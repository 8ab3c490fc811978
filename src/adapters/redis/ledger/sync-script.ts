import { ACCOUNT_LUA } from "./account-lua.ts";
import { RECOVERY_LUA } from "./recovery-lua.ts";
import { RESERVATION_LUA } from "./reservation-lua.ts";

/**
 * One turn of a lease, as core/ledger/sync.ts. ARGV[1] is the sync as JSON; answers the kind, the lease's
 * grants and the view. It always writes: WAIT then waits for a write of this connection, also when the
 * turn was taken before on another one.
 */
export const SYNC_SCRIPT = `${ACCOUNT_LUA}${RESERVATION_LUA}${RECOVERY_LUA}
local EXPIRED_PER_CALL = 1000
local sync = cjson.decode(ARGV[1])
local run = thisRun()
local account = accountFor(sync, run)
local key = holderKey(sync.holder)
local lease = account.leases[key]
local turn = lease and lease.turn or 0

local function isFenced()
  if isClosed(account, key) or sync.turn < turn then return true end
  for other in pairs(account.leases) do
    local replica, life = lifeOf(other)
    if replica == sync.holder.replica and life > sync.holder.life then return true end
  end
  return false
end

local function isAnyoneAwaited()
  for _, other in pairs(account.leases) do
    if other.awaited then return true end
  end
  return false
end

local function endRecovery()
  if account.recovery == '' or sync.recovery == cjson.null or sync.recovery.token ~= account.recovery then return end
  if sync.recovery.waitedMs < math.max(sync.terms.leaseTtlMs, account.leaseTtlMs) or isAnyoneAwaited() then return end
  if expireDue(account, sync.recovery.nowMs, EXPIRED_PER_CALL) == EXPIRED_PER_CALL then return end
  account.recovery = ''
  account.operations = account.operations + 1
end

local function contradicts()
  if sync.turn == turn then return false end
  local held = lease and outstanding(lease) or 0
  return sync.turn > turn + 1 or sync.giveBack + newlySpent(lease, sync) > held
end

local function takeTurn()
  lease = lease or openLease(account, key)
  if sync.turn == lease.turn then return end
  lease.turn = sync.turn
  lease.returned = lease.returned + sync.giveBack
  account.leased = account.leased - sync.giveBack
  reportIn(account, lease, sync)
  local grant = math.min(sync.want, free(account))
  lease.granted = lease.granted + grant
  account.leased = account.leased + grant
  account.operations = account.operations + 1
end

local kind = 'fenced'
if not isFenced() then
  endRecovery()
  if account.recovery == '' and contradicts() then beginRecovery(account, run) end
  kind = account.recovery == '' and 'synced' or 'recovering'
  if kind == 'synced' then takeTurn() end
end
store(account)
return { kind, digits(lease and lease.granted or 0), viewOf(account) }
`;
