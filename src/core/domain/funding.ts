/**
 * How a program is paid for. A pool of money is declared by the program of its name; other programs may
 * draw on it. What is held for an offer until its cost is known:
 *
 *   max       its maxCost: what is spent in the end can never exceed the budget, a theorem
 *   expected  its in-period expected cost k: more offers for the same money, right on average
 */
import type { PeriodRule } from "./period.ts";

export const RESERVES = ["max", "expected"] as const;
export type Reserve = (typeof RESERVES)[number];

export interface Funding {
  /** Id of the program that declares the pool. */
  readonly pool: string;
  readonly reserve: Reserve;
  /** What is declared of the pool; null in a program that draws on another's. */
  readonly terms: PoolTerms | null;
}

export interface PoolTerms {
  /** Money of each period, in whole micros of the program's currency. */
  readonly amountMicros: number;
  readonly period: PeriodRule;
  /** How long prices stay as they are. */
  readonly epochMs: number;
  /** How long after an offer expired what it cost may still be told: until then its money is held. */
  readonly settleWithinMs: number;
  /** Most offers of a period, by what they count against: `action:<id>`, `channel:<channel>`. */
  readonly volumes: Readonly<Record<string, number>>;
}
