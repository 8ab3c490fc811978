/**
 * A store that went back in time has forgotten grants that replicas spend and reports that came in.
 * Nothing is granted until everybody who may have spent has spoken:
 *
 * - every lease that the store remembers, or that a replica saw in its last view, is declared by its
 *   holder, closed by a later life of the replica, or written off by an operator;
 * - one lease time has passed, so that a lease that nobody remembers has been declared or pays no more.
 *   It passes on the monotonic clock of a replica that knows of this recovery: no wall clock takes part;
 * - what fell due has expired: reservations that had, and were forgotten to have, are back as pending.
 *
 * What it cannot close: a lease opened after the last view of every replica that lives, by a replica
 * that never comes back. If it does come back, the money shows as `forgotten`.
 */
import type { BudgetTerms, LeaseHolder } from "../domain/budget.ts";
import type { LeaseReport, LeaseSync } from "../budget-ports.ts";
import { type Account, isClosed, leaseKey, newAccount, openLease } from "./account.ts";
import { expireDue } from "./reservation.ts";

/** A few milliseconds of the store's time; the next call goes on. */
const EXPIRED_PER_CALL = 1_000;

/** What the store itself adds to a call. */
export interface StoreRun {
  /** Which run of the store this is: another one may have lost something. */
  readonly run: string;
  /** Names a recovery that begins now; never used before. */
  readonly token: string;
  /** Whether a missing account may be one that the store forgot, and so begins with a recovery. */
  readonly mayForget: boolean;
}

/** The account as this report finds it: opened if it is missing, under the latest terms, in recovery if it went back. */
export function accountFor(
  known: Account | undefined,
  { terms, seenOperations }: Pick<LeaseReport, "terms" | "seenOperations">,
  store: StoreRun,
): Account {
  const account = known ?? newAccount(terms, store.run);
  if (known === undefined && store.mayForget) beginRecovery(account, store);
  // Within a recovery one replica may have seen more than another: that is no news.
  const forgot = seenOperations > account.operations && account.recovery === null;
  if (account.store !== store.run || forgot) beginRecovery(account, store);
  account.operations = Math.max(account.operations, seenOperations);
  adopt(account, terms);
  return account;
}

/** Everybody is awaited. A recovery that is under way begins anew: the store went back in the middle of it. */
export function beginRecovery(account: Account, { run, token }: StoreRun): void {
  account.store = run;
  account.recovery = token;
  account.operations++;
  for (const lease of account.leases.values()) lease.awaited = true;
}

/** Ends the recovery if nobody is awaited, the caller has known of it for one lease time and nothing is due. */
export function endRecovery(account: Account, { recovery, terms }: Pick<LeaseSync, "recovery" | "terms">): void {
  if (account.recovery === null || recovery?.token !== account.recovery) return;
  if (recovery.waitedMs < Math.max(terms.leaseTtlMs, account.terms.leaseTtlMs)) return;
  for (const lease of account.leases.values()) if (lease.awaited) return;
  if (expireDue(account, { nowMs: recovery.nowMs, limit: EXPIRED_PER_CALL }) === EXPIRED_PER_CALL) return;
  account.recovery = null;
  account.operations++;
}

/** Holders that somebody saw and the store does not know are awaited. */
export function awaitKnown(account: Account, known: readonly LeaseHolder[]): void {
  if (account.recovery === null) return;
  for (const holder of known) {
    if (account.leases.has(leaseKey(holder)) || isClosed(account, holder)) continue;
    openLease(account, holder).awaited = true;
  }
}

function adopt(account: Account, terms: BudgetTerms): void {
  if (terms.revision <= account.terms.revision) return;
  account.terms = terms;
  account.operations++;
}
