/**
 * How a program is paid for. A pool of money is declared by the program of its name; other programs may
 * draw on it. What is held for an offer until its cost is known:
 *
 *   max       its maxCost: what is spent in the end can never exceed the budget, a theorem
 *   expected  its in-period expected cost k: more offers for the same money, right on average
 */
export const RESERVES = ["max", "expected"] as const;
export type Reserve = (typeof RESERVES)[number];

export interface Funding {
  /** Id of the program that declares the pool. */
  readonly pool: string;
  readonly reserve: Reserve;
}
