/** The whole ledger as one state machine: a command, applied to the accounts, has an answer. */
import type { AccountId, LeaseHolder, Settlement, SettlementResult } from "../domain/budget.ts";
import type { LeaseDeclaration, LeaseSync } from "../budget-ports.ts";
import { type Account, closeLease, leaseKey, viewOf } from "./account.ts";
import { declareLease } from "./declare.ts";
import { accountFor, type StoreRun } from "./recovery.ts";
import { expireDue, settle } from "./reservation.ts";
import { syncLease } from "./sync.ts";

/** By `accountKey`. */
export type Accounts = Map<string, Account>;

/** Plain data: what a journal writes down and applies again. */
export type LedgerCommand =
  | { readonly kind: "sync"; readonly sync: LeaseSync; readonly store: StoreRun }
  | { readonly kind: "declare"; readonly declaration: LeaseDeclaration; readonly store: StoreRun }
  | { readonly kind: "settle"; readonly account: AccountId; readonly settlements: readonly Settlement[] }
  | {
      readonly kind: "reap";
      readonly account: AccountId;
      readonly nowMs: number;
      readonly limit: number;
      readonly run: string;
    }
  | { readonly kind: "writeOff"; readonly account: AccountId; readonly holder: LeaseHolder };

export type CommandOf<K extends LedgerCommand["kind"]> = Extract<LedgerCommand, { readonly kind: K }>;

/** Names an account; neither part contains a space. */
export function accountKey({ budget, period }: AccountId): string {
  return `${budget} ${period}`;
}

export function applySync(accounts: Accounts, { sync, store }: CommandOf<"sync">) {
  return syncLease(opened(accounts, sync, store), sync, store);
}

export function applyDeclare(accounts: Accounts, { declaration, store }: CommandOf<"declare">) {
  return declareLease(opened(accounts, declaration, store), declaration, store);
}

export function applySettle(
  accounts: Accounts,
  { account: id, settlements }: CommandOf<"settle">,
): readonly SettlementResult[] {
  const account = accounts.get(accountKey(id));
  if (account === undefined) return settlements.map(() => ({ kind: "unknown_account" }));
  account.operations++;
  return settlements.map((settlement) => settle(account, settlement));
}

/** Nothing expires in a recovery: the outcome may be what the store forgot. */
export function applyReap(accounts: Accounts, { account: id, nowMs, limit, run }: CommandOf<"reap">): number {
  const account = accounts.get(accountKey(id));
  if (account === undefined || account.recovery !== null || account.store !== run) return 0;
  account.operations++;
  return expireDue(account, { nowMs, limit });
}

export function applyWriteOff(accounts: Accounts, { account: id, holder }: CommandOf<"writeOff">): number {
  const account = accounts.get(accountKey(id));
  const lease = account?.leases.get(leaseKey(holder));
  if (account === undefined || lease === undefined) return 0;
  account.operations++;
  return closeLease(account, lease);
}

export function accountView(accounts: Accounts, id: AccountId) {
  const account = accounts.get(accountKey(id));
  return account === undefined ? null : viewOf(account);
}

/** Applies what was applied before; the answer was given then. */
export function reapply(accounts: Accounts, command: LedgerCommand): void {
  switch (command.kind) {
    case "sync":
      applySync(accounts, command);
      return;
    case "declare":
      applyDeclare(accounts, command);
      return;
    case "settle":
      applySettle(accounts, command);
      return;
    case "reap":
      applyReap(accounts, command);
      return;
    case "writeOff":
      applyWriteOff(accounts, command);
      return;
    default:
      command satisfies never;
  }
}

function opened(accounts: Accounts, report: LeaseSync | LeaseDeclaration, store: StoreRun): Account {
  const key = accountKey(report.account);
  const account = accountFor(accounts.get(key), report, store);
  accounts.set(key, account);
  return account;
}
