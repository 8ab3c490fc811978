import { ACCOUNT_LUA } from "./account-lua.ts";
import { RECOVERY_LUA } from "./recovery-lua.ts";
import { RESERVATION_LUA } from "./reservation-lua.ts";

/**
 * Expires what is due by the caller's clock and by the server's: a clock that jumped ahead, on either
 * side, releases nothing early, and one that jumped back only delays. ARGV: now in ms, and how many at
 * most. Nothing expires in a recovery, or on a run of the server that nobody has noticed yet.
 */
export const REAP_SCRIPT = `${ACCOUNT_LUA}${RESERVATION_LUA}${RECOVERY_LUA}
local account = loadAccount()
if account == nil or account.recovery ~= '' or account.run ~= thisRun() then return '0' end
local time = redis.call('TIME')
local nowMs = math.min(tonumber(ARGV[1]), time[1] * 1000 + math.floor(time[2] / 1000))
local due = redis.call('ZRANGE', BASE .. ':due', '-inf', digits(nowMs), 'BYSCORE', 'LIMIT', 0, ARGV[2])
if #due == 0 then return '0' end
for _, id in ipairs(due) do
  local held = reservation(id)
  if held and held.state == 'pending' then
    account.pending = account.pending - held.amount
    account.settled = account.settled + held.fixed
    held.state = 'expired'
    held.isChanged = true
  end
end
account.operations = account.operations + 1
store(account)
return digits(#due)
`;
