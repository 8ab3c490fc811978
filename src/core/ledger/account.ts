/**
 * One account: the state, and the few sums that everything else keeps true.
 *
 *     available = amount − leased − pending − settled
 *     leased    = Σ over leases of (granted − returned − spent − reserved)
 *     pending   = Σ of the amounts of pending reservations
 *
 * State is plain data, changed in place by the functions of this folder alone. They check first and
 * change last, read no clock and draw nothing: the same commands in the same order give the same state.
 */
import { invariant } from "../errors.ts";
import type { AccountView, BudgetTerms, LeaseHolder, Settlement } from "../domain/budget.ts";
import { DueQueue } from "./due-queue.ts";

/** Running totals of one lease. What is left of it is `outstandingOf`. */
export interface Lease {
  readonly holder: LeaseHolder;
  /** The last turn taken; 0 before the first. */
  turn: number;
  granted: number;
  returned: number;
  /** Counted without reservations. */
  spent: number;
  /** Moved into reservations. */
  reserved: number;
  /** A recovery waits for its holder's word. */
  awaited: boolean;
}

export interface ReservationState {
  /** `early`: an outcome came before the reservation; all but the outcome is unknown. */
  state: "early" | "pending" | "settled" | "voided" | "expired";
  readonly amount: number;
  /** After an expiry, which settles it: as much of it as no late outcome has counted yet. */
  fixed: number;
  /** From when on it may be expired. */
  readonly dueMs: number;
  /** What came early, until it is applied. */
  readonly outcome: Settlement | null;
  /** The events that counted. */
  events: readonly string[];
}

export interface Account {
  terms: BudgetTerms;
  /** The run of the store that wrote last. */
  store: string;
  recovery: string | null;
  operations: number;
  leased: number;
  pending: number;
  settled: number;
  overrun: number;
  forgotten: number;
  readonly leases: Map<string, Lease>;
  /** Replica → its latest life whose lease was closed. Earlier ones that are not open are closed too. */
  readonly closed: Map<string, number>;
  readonly reservations: Map<string, ReservationState>;
  readonly due: DueQueue;
}

export function newAccount(terms: BudgetTerms, store: string): Account {
  return {
    terms,
    store,
    recovery: null,
    operations: 0,
    leased: 0,
    pending: 0,
    settled: 0,
    overrun: 0,
    forgotten: 0,
    leases: new Map(),
    closed: new Map(),
    reservations: new Map(),
    due: new DueQueue(),
  };
}

/** Names a lease within its account. */
export function leaseKey({ replica, life }: LeaseHolder): string {
  return `${replica}/${life}`;
}

/** What the holder may still spend, as far as the ledger knows. Never negative. */
export function outstandingOf(lease: Lease): number {
  return lease.granted - lease.returned - lease.spent - lease.reserved;
}

function availableIn(account: Account): number {
  return account.terms.amount - account.leased - account.pending - account.settled;
}

/** Available and not owed already: what may be granted, or drawn by a settlement above its reservation. */
export function freeIn(account: Account): number {
  return Math.max(0, availableIn(account) - account.overrun);
}

/** Whether the holder's lease is over, or that of a later life. */
export function isClosed({ leases, closed }: Account, holder: LeaseHolder): boolean {
  return holder.life <= (closed.get(holder.replica) ?? 0) && !leases.has(leaseKey(holder));
}

/** A lease with nothing in it. */
export function openLease(account: Account, holder: LeaseHolder): Lease {
  const lease = { holder, turn: 0, granted: 0, returned: 0, spent: 0, reserved: 0, awaited: false };
  account.leases.set(leaseKey(holder), lease);
  return lease;
}

/** What was outstanding returns; the lease can never be used again. */
export function closeLease(account: Account, lease: Lease): number {
  const returned = outstandingOf(lease);
  invariant(returned >= 0, `a lease holds at least 0, got ${returned}`);
  account.leased -= returned;
  account.leases.delete(leaseKey(lease.holder));
  const { replica, life } = lease.holder;
  account.closed.set(replica, Math.max(life, account.closed.get(replica) ?? 0));
  return returned;
}

export function viewOf(account: Account): AccountView {
  const { terms, leased, pending, settled, overrun, forgotten, operations, recovery } = account;
  const leases = [...account.leases.values()];
  return {
    revision: terms.revision,
    amount: terms.amount,
    available: availableIn(account),
    leased,
    pending,
    settled,
    overrun,
    forgotten,
    operations,
    recovery,
    awaited: leases.filter(({ awaited }) => awaited).map(({ holder }) => holder),
    holders: leases.map(({ holder }) => holder),
    closed: [...account.closed].map(([replica, life]) => ({ replica, life })),
  };
}
