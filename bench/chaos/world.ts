import type { AccountId, BudgetTerms, Reservation } from "../../src/core/domain/budget.ts";

/** What a replica process is told. */
export interface ReplicaWorld {
  readonly redisUrl: string;
  readonly dataDir: string;
  readonly account: AccountId;
  readonly terms: BudgetTerms;
  readonly largestOffer: number;
  readonly callers: number;
  /** Mean pause of a caller between two decisions. */
  readonly pauseMs: number;
  /** How long an offer holds. */
  readonly offerMs: number;
  readonly reapMs: number;
  /** How long after the last decision its outcomes come in. */
  readonly settleMs: number;
}

/** A line of a replica's decision log. */
export interface LoggedDecision {
  readonly reservation: Reservation & { readonly life: number };
}

/** A line that a replica process says: its totals so far. */
export interface ReplicaTotals {
  readonly decisions: number;
  readonly syncs: number;
  readonly declares: number;
  readonly settles: number;
  readonly reaps: number;
  readonly missed: number;
  readonly failed: number;
  readonly recoveries: number;
}
