/** Noticing that the store went back in time, in Lua, as in core/ledger/recovery.ts and core/ledger/sync.ts. */
export const RECOVERY_LUA = `
-- The server's own name of its run: another one may have started from an older copy, or be another server.
local function thisRun()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

local function beginRecovery(account, run)
  local time = redis.call('TIME')
  account.run = run
  account.recovery = string.sub(run, 1, 8) .. '-' .. time[1] .. '-' .. time[2]
  account.operations = account.operations + 1
  for _, lease in pairs(account.leases) do lease.awaited = true end
end

local function accountFor(report, run)
  local ids = {}
  for i, reported in ipairs(report.reservations) do ids[i] = reported.id end
  loadReservations(ids)
  local account = loadAccount()
  if account == nil then
    account = newAccount(report.terms, run)
    beginRecovery(account, run)
  end
  local forgot = report.seenOperations > account.operations and account.recovery == ''
  if account.run ~= run or forgot then beginRecovery(account, run) end
  account.operations = math.max(account.operations, report.seenOperations)
  if report.terms.revision > account.revision then
    for _, name in ipairs({ 'revision', 'amount', 'graceMs', 'leaseTtlMs' }) do account[name] = report.terms[name] end
    account.reserve = report.terms.reserve
    account.operations = account.operations + 1
  end
  return account
end

local function newlySpent(lease, report)
  local named, sum = {}, math.max(0, report.spent - (lease and lease.spent or 0))
  for _, reported in ipairs(report.reservations) do
    if not named[reported.id] and isNews(reported.id) then
      named[reported.id] = true
      sum = sum + reported.amount
    end
  end
  return sum
end

local function reportIn(account, lease, report)
  local counted = math.max(0, report.spent - lease.spent)
  lease.spent = lease.spent + counted
  account.leased = account.leased - counted
  account.settled = account.settled + counted
  for _, reported in ipairs(report.reservations) do
    if isNews(reported.id) then
      lease.reserved = lease.reserved + reported.amount
      account.leased = account.leased - reported.amount
      hold(account, reported)
    end
  end
end
`;
