/**
 * Budgets as the ledger sees them. An amount is a safe integer ≥ 0 of the budget's own unit: micros of
 * a currency, or a count of actions. Instants are milliseconds since 1970, durations milliseconds.
 */

/** One period of one budget. Accounts of past periods stay for settlement and expiry. */
export interface AccountId {
  readonly budget: string;
  readonly period: string;
}

/** Parts the period from the volume in the name of an account that counts offers. */
const VOLUME_MARK = "#";

/** The account that counts the offers of a volume beside the money's account. */
export function volumeAccount({ budget, period }: AccountId, volume: string): AccountId {
  return { budget, period: `${period}${VOLUME_MARK}${volume}` };
}

/** The money's account that an account belongs to, and the volume that it counts; null: it is the money's. */
export function partsOf({ budget, period }: AccountId): { readonly money: AccountId; readonly volume: string | null } {
  const mark = period.indexOf(VOLUME_MARK);
  if (mark === -1) return { money: { budget, period }, volume: null };
  return { money: { budget, period: period.slice(0, mark) }, volume: period.slice(mark + VOLUME_MARK.length) };
}

/** What the program grants the account. Of two terms the one with the higher revision holds. */
export interface BudgetTerms {
  readonly revision: number;
  readonly amount: number;
  /** `max`: a reservation is the most that can be owed. `expected`: what is owed may exceed it. */
  readonly reserve: "max" | "expected";
  /** How long after its expiry a reservation is still held: outcomes travel. */
  readonly graceMs: number;
  /** How long a replica may pay out of its lease after the request that renewed it was sent. */
  readonly leaseTtlMs: number;
}

/** One process life of one replica: who holds a lease. */
export interface LeaseHolder {
  /** Stable over restarts; no spaces, no slashes. */
  readonly replica: string;
  /** The fencing token: 1 for the first start of the replica, greater for every later one. */
  readonly life: number;
}

/** The money of one logged decision. */
export interface Reservation {
  /** The decision's id. */
  readonly id: string;
  readonly amount: number;
  /** The part of the amount that is owed whatever the user does, unless the decision is voided. */
  readonly fixed: number;
  readonly expiresAtMs: number;
}

/** What became of a decision. The same `eventId` counts once. */
export type Settlement =
  | { readonly kind: "settle"; readonly eventId: string; readonly reservationId: string; readonly amount: number }
  /** The offer was never sent: all of it returns, the fixed part too. */
  | { readonly kind: "void"; readonly eventId: string; readonly reservationId: string };

/**
 * What a settlement did.
 *
 * - `early`: its reservation is not reported yet; kept, and applied when it is. Until then the lease holds the money.
 * - `overrun`: all or part was owed beyond what was held; that part is in the overrun, and somebody must look.
 * - `conflict`: a void of what was settled, voided or expired before. Nothing changed.
 * - `unknown_account`: the store has no such account. Nothing changed; ask again once it has.
 */
export type SettlementResult =
  | { readonly kind: "settled" | "voided" | "early" | "duplicate" | "conflict" | "unknown_account" }
  | { readonly kind: "overrun"; readonly excess: number };

/**
 * The account at one moment: `available + leased + pending + settled = amount`. `available` is negative
 * only after a reduction below what was used, or when a decision log proved more than the store knew.
 */
export interface AccountView {
  readonly revision: number;
  readonly amount: number;
  readonly available: number;
  /** Held by replicas, spent or not. */
  readonly leased: number;
  /** Held for reported decisions whose outcome is open. */
  readonly pending: number;
  readonly settled: number;
  /** Owed beyond what was held. Grants leave as much of `available` untouched. */
  readonly overrun: number;
  /** Spent by leases beyond what the store remembered to have granted. */
  readonly forgotten: number;
  /** Operations so far: never falls, unless the store went back in time. */
  readonly operations: number;
  /** Names the recovery that is under way, in which nothing is granted; null in normal times. */
  readonly recovery: string | null;
  /** Leases that must be declared, closed or written off before a recovery ends. */
  readonly awaited: readonly LeaseHolder[];
  /** Every lease that is not closed, the awaited ones included. */
  readonly holders: readonly LeaseHolder[];
  /** Of each replica the latest life whose lease was closed: what it and those before it spent is known. */
  readonly closed: readonly LeaseHolder[];
}
