import { ACCOUNT_LUA } from "./account-lua.ts";
import { RESERVATION_LUA } from "./reservation-lua.ts";

/** An operator closes a lease. ARGV[1] names its holder; answers what returned. */
export const WRITE_OFF_SCRIPT = `${ACCOUNT_LUA}${RESERVATION_LUA}
local account = loadAccount()
local lease = account and account.leases[ARGV[1]]
if not lease then return '0' end
local returned = closeLease(account, lease)
account.operations = account.operations + 1
store(account, lease)
return digits(returned)
`;
