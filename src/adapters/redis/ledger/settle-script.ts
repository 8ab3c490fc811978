import { ACCOUNT_LUA } from "./account-lua.ts";
import { RESERVATION_LUA } from "./reservation-lua.ts";

/** Outcomes, as core/ledger/reservation.ts. ARGV[1] is their list as JSON; answers the result and excess of each. */
export const SETTLE_SCRIPT = `${ACCOUNT_LUA}${RESERVATION_LUA}
local settlements = cjson.decode(ARGV[1])
local account = loadAccount()
local results, ids = {}, {}
for i, settlement in ipairs(settlements) do ids[i] = settlement.reservationId end
loadReservations(ids)
for i, settlement in ipairs(settlements) do
  results[i] = account and settle(account, settlement) or { 'unknown_account', '0' }
end
if account then
  account.operations = account.operations + 1
  store(account)
end
return results
`;
