import { ACCOUNT_LUA } from "./account-lua.ts";

/** The account as it is; nil if it was never opened. Writes nothing. */
export const VIEW_SCRIPT = `${ACCOUNT_LUA}
local account = loadAccount()
return account and viewOf(account)
`;
