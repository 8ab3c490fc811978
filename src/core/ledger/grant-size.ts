/**
 * How much of a budget a replica holds at a time.
 *
 * A lease is half a percent of the amount: many offers, so that round trips are rare, and little enough
 * that what a dead replica holds back does not matter. Near the end it shrinks with what is left, to half
 * of an even share, so that no replica sits on the last money while another has none; but never below
 * the largest single offer, or nobody could pay it.
 */
import type { AccountView } from "../domain/budget.ts";

const LEASES_IN_AMOUNT = 200;

export interface Demand {
  /** The most that one decision may take, ≥ 1. */
  readonly largestOffer: number;
  /** What the lease holds now, ≥ 0. */
  readonly balance: number;
}

/**
 * What to ask for: nothing while a quarter of the lease is left.
 *
 * @example topUp({ amount: 1_000_000, available: 1_000_000, overrun: 0, holders: [] }, { largestOffer: 10, balance: 0 }) // 5_000
 */
export function topUp(view: GrantView, { largestOffer, balance }: Demand): number {
  const size = leaseSize(view, largestOffer);
  // A quarter may be less than one offer, and then the lease is as good as dry.
  return balance >= Math.max(size / 4, largestOffer) ? 0 : Math.min(size - balance, free(view));
}

/** What a replica that has nothing to do gives back: all of it once others may need it, else what is more than a lease. */
export function surplus(view: GrantView, { largestOffer, balance }: Demand): number {
  return isScarce(view, largestOffer) ? balance : Math.max(0, balance - fullLease(view, largestOffer));
}

/** Whether what is left does not fill a lease for everybody. */
export function isScarce(view: GrantView, largestOffer: number): boolean {
  return free(view) < fullLease(view, largestOffer) * holdersIn(view);
}

export type GrantView = Pick<AccountView, "amount" | "available" | "overrun" | "holders">;

function leaseSize(view: GrantView, largestOffer: number): number {
  const halfShare = Math.floor(free(view) / (2 * holdersIn(view)));
  return Math.max(largestOffer, Math.min(fullLease(view, largestOffer), halfShare));
}

function fullLease({ amount }: GrantView, largestOffer: number): number {
  return Math.max(largestOffer, Math.floor(amount / LEASES_IN_AMOUNT));
}

function holdersIn({ holders }: GrantView): number {
  return Math.max(1, holders.length);
}

function free({ available, overrun }: GrantView): number {
  return Math.max(0, available - overrun);
}
