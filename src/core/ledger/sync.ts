/** One turn of a lease: reports move money out of it, what is not needed returns, and it is topped up. */
import type { LeaseHolder } from "../domain/budget.ts";
import type { LeaseAnswer, LeaseReport, LeaseSync } from "../budget-ports.ts";
import { type Account, freeIn, isClosed, type Lease, leaseKey, openLease, outstandingOf, viewOf } from "./account.ts";
import { beginRecovery, endRecovery, type StoreRun } from "./recovery.ts";
import { hold, isNews } from "./reservation.ts";

/**
 * Takes the turn, once: the same turn again changes nothing and has the same answer. A turn that does not
 * follow the one before, or spends what the lease does not have, shows that the store forgot something.
 */
export function syncLease(account: Account, sync: LeaseSync, store: StoreRun): LeaseAnswer {
  const lease = account.leases.get(leaseKey(sync.holder));
  if (isFenced(account, sync, lease)) return { kind: "fenced", granted: 0, view: viewOf(account) };
  endRecovery(account, sync);
  if (account.recovery === null && contradicts(account, sync, lease)) beginRecovery(account, store);
  if (account.recovery !== null) {
    return { kind: "recovering", granted: lease?.granted ?? 0, view: viewOf(account) };
  }
  const taken = lease ?? openLease(account, sync.holder);
  if (sync.turn > taken.turn) takeTurn(account, taken, sync);
  return { kind: "synced", granted: taken.granted, view: viewOf(account) };
}

/** Moves what was spent out of the lease. The lease has it. */
export function report(account: Account, lease: Lease, { spent, reservations }: LeaseReport): void {
  const counted = Math.max(0, spent - lease.spent);
  lease.spent += counted;
  account.leased -= counted;
  account.settled += counted;
  for (const reservation of reservations) {
    if (!isNews(account, reservation.id)) continue;
    lease.reserved += reservation.amount;
    account.leased -= reservation.amount;
    hold(account, reservation);
  }
}

/** What the report will move out of the lease. A reservation named twice in it counts once. */
export function newlySpent(account: Account, lease: Lease | undefined, { spent, reservations }: LeaseReport): number {
  const named = new Set<string>();
  let sum = Math.max(0, spent - (lease?.spent ?? 0));
  for (const { id, amount } of reservations) {
    if (named.has(id) || !isNews(account, id)) continue;
    named.add(id);
    sum += amount;
  }
  return sum;
}

function isFenced(account: Account, { holder, turn }: LeaseSync, lease: Lease | undefined): boolean {
  if (isClosed(account, holder)) return true;
  return turn < (lease?.turn ?? 0) || hasLaterLife(account, holder);
}

function hasLaterLife(account: Account, { replica, life }: LeaseHolder): boolean {
  for (const { holder } of account.leases.values()) {
    if (holder.replica === replica && holder.life > life) return true;
  }
  return false;
}

function contradicts(account: Account, sync: LeaseSync, lease: Lease | undefined): boolean {
  const turn = lease?.turn ?? 0;
  if (sync.turn === turn) return false;
  const outstanding = lease === undefined ? 0 : outstandingOf(lease);
  return sync.turn > turn + 1 || sync.giveBack + newlySpent(account, lease, sync) > outstanding;
}

function takeTurn(account: Account, lease: Lease, sync: LeaseSync): void {
  lease.turn = sync.turn;
  lease.returned += sync.giveBack;
  account.leased -= sync.giveBack;
  report(account, lease, sync);
  const grant = Math.min(sync.want, freeIn(account));
  lease.granted += grant;
  account.leased += grant;
  account.operations++;
}
