import { ACCOUNT_LUA } from "./account-lua.ts";
import { RECOVERY_LUA } from "./recovery-lua.ts";
import { RESERVATION_LUA } from "./reservation-lua.ts";

/**
 * Expires what is due. ARGV: the caller's time in ms, and how many at most. Nothing expires in a recovery,
 * or on a run of the server that nobody has noticed yet.
 */
export const REAP_SCRIPT = `${ACCOUNT_LUA}${RESERVATION_LUA}${RECOVERY_LUA}
local account = loadAccount()
if account == nil or account.recovery ~= '' or account.run ~= thisRun() then return '0' end
local expired = expireDue(account, tonumber(ARGV[1]), ARGV[2])
if expired == 0 then return '0' end
account.operations = account.operations + 1
store(account)
return digits(expired)
`;
