/**
 * A replica's own word on its lease, from memory and from its decision log. It is believed: what a log
 * proves was spent, whatever the store remembers, and `available` may become negative by it.
 */
import type { AccountView } from "../domain/budget.ts";
import type { LeaseDeclaration } from "../budget-ports.ts";
import {
  type Account,
  closeLease,
  isClosed,
  type Lease,
  leaseKey,
  openLease,
  outstandingOf,
  viewOf,
} from "./account.ts";
import { awaitKnown, beginRecovery, type StoreRun } from "./recovery.ts";
import { newlySpent, report } from "./sync.ts";

/** Any part may come again, and the parts of several declarations mix. */
export function declareLease(account: Account, declaration: LeaseDeclaration, store: StoreRun): AccountView {
  const { holder, held, known, end } = declaration;
  const key = leaseKey(holder);
  // A lease that was closed over its holder's head is over; its spending is declared as that of an ended life.
  if (held !== null && isClosed(account, holder)) return viewOf(account);
  const lease = account.leases.get(key) ?? openLease(account, holder);
  if (held !== null && held.turn > lease.turn && account.recovery === null) beginRecovery(account, store);
  if (held !== null && held.turn >= lease.turn) restore(account, lease, held);
  cover(account, lease, newlySpent(account, lease, declaration) - outstandingOf(lease));
  report(account, lease, declaration);
  awaitKnown(account, known);
  // Who has begun to speak is heard out.
  lease.awaited = end === "more" && account.recovery !== null;
  if (end === "closed") closeLease(account, lease);
  account.operations++;
  return viewOf(account);
}

/** The lease as its holder knows it. */
function restore(account: Account, lease: Lease, held: NonNullable<LeaseDeclaration["held"]>): void {
  const before = outstandingOf(lease);
  lease.turn = held.turn;
  lease.granted = held.granted;
  lease.returned = held.returned;
  account.leased += outstandingOf(lease) - before;
  cover(account, lease, -outstandingOf(lease));
}

/** Grants after the fact what was spent beyond the lease. */
function cover(account: Account, lease: Lease, missing: number): void {
  if (missing <= 0) return;
  lease.granted += missing;
  account.leased += missing;
  account.forgotten += missing;
}
