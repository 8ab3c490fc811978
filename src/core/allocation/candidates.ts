/**
 * Candidates come in blocks, because ten million users do not fit in memory: the source is asked for all
 * of them again in every pass. Amounts are whole micros (1e-6 of the currency's unit), held in doubles, so
 * that sums below 2^53 (9 billion units) are exact.
 *
 * The order of the users is the order in which ties are broken, and the first users stand as a sample for
 * all. Whoever makes the blocks orders users by a hash of their ids: then the same candidates, in whatever
 * order they came, are allocated the same.
 */

export interface Candidates {
  /** Users in all blocks together. */
  readonly users: number;
  /** Number of distinct actions; a candidate's action is a whole number below it. At most 32,767. */
  readonly actions: number;
  /** All blocks from the first, in the same order each time. A block is read before the next one is asked for. */
  readonly blocks: () => Iterable<CandidateBlock>;
}

/** Some users and their candidates, flat: those of user u are at `offsets[u]` to `offsets[u + 1]` (excluded). */
export interface CandidateBlock {
  readonly users: number;
  readonly offsets: Uint32Array;
  readonly action: Uint16Array;
  /** V in whole micros. */
  readonly valueMicros: Float64Array;
  /** c in whole micros; below 0 is charged as 0. */
  readonly costMicros: Float64Array;
}

/** What the allocation must hold, and what it maximizes: Σ V − w·k, with k = max(c, 0). */
export interface Constraints {
  /** Σ k ≤ this: a whole number of micros, ≥ 0. `Infinity` is no limit but that of exact sums. */
  readonly budgetMicros: number;
  /** w: 1 to maximize profit, 0 value. */
  readonly costWeight: 0 | 1;
  readonly caps: readonly Cap[];
}

/** At most so many offers of these actions together: one action, or all of a channel. */
export interface Cap {
  /** Distinct numbers of actions. */
  readonly actions: readonly number[];
  /** A whole number ≥ 0. */
  readonly offers: number;
}

/** No offer, where an assignment names the user's action. */
export const NO_ACTION = -1;

/** The largest budget within which every sum of costs is exact: 9 billion units of the currency. */
const BUDGET_MICROS_MAX = Number.MAX_SAFE_INTEGER;

/** The budget that is kept to. */
export function budgetOf({ budgetMicros }: Constraints): number {
  return Math.min(budgetMicros, BUDGET_MICROS_MAX);
}
