import { ACCOUNT_LUA } from "./account-lua.ts";
import { RECOVERY_LUA } from "./recovery-lua.ts";
import { RESERVATION_LUA } from "./reservation-lua.ts";

/** A replica's word on its lease, as core/ledger/declare.ts. ARGV[1] is the declaration as JSON; answers the view. */
export const DECLARE_SCRIPT = `${ACCOUNT_LUA}${RESERVATION_LUA}${RECOVERY_LUA}
local declaration = cjson.decode(ARGV[1])
local run = thisRun()
local account = accountFor(declaration, run)
local key = holderKey(declaration.holder)
local held = declaration.held ~= cjson.null and declaration.held or nil
local lease = nil

local function cover(missing)
  if missing <= 0 then return end
  lease.granted = lease.granted + missing
  account.leased = account.leased + missing
  account.forgotten = account.forgotten + missing
end

local function restore()
  local before = outstanding(lease)
  lease.turn = held.turn
  lease.granted = held.granted
  lease.returned = held.returned
  account.leased = account.leased + outstanding(lease) - before
  cover(-outstanding(lease))
end

local function awaitKnown()
  if account.recovery == '' then return end
  for _, holder in ipairs(declaration.known) do
    local other = holderKey(holder)
    if account.leases[other] == nil and not isClosed(account, other) then openLease(account, other).awaited = true end
  end
end

if held == nil or not isClosed(account, key) then
  lease = account.leases[key] or openLease(account, key)
  if held and held.turn > lease.turn and account.recovery == '' then beginRecovery(account, run) end
  if held and held.turn >= lease.turn then restore() end
  cover(newlySpent(lease, declaration) - outstanding(lease))
  reportIn(account, lease, declaration)
  awaitKnown()
  lease.awaited = declaration['end'] == 'more' and account.recovery ~= ''
  if declaration['end'] == 'closed' then closeLease(account, lease) end
  account.operations = account.operations + 1
end
store(account, lease)
return viewOf(account)
`;
