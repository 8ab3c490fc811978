/** What happened after a decision. */
export const OUTCOME_TYPES = ["exposure", "redemption", "conversion", "reward", "void"] as const;

/**
 * - `exposure`: the user really got it; makes the realized treatment
 * - `redemption`: the offer was used; its cost settles the reservation
 * - `conversion`, `reward`: something of value happened
 * - `void`: the offer was never given; what was held for it returns
 */
export type OutcomeType = (typeof OUTCOME_TYPES)[number];

export const OUTCOME_SCHEMA = "liftgate.outcome.v1";

/** One line of the outcome log. Of lines with one `outcomeId` the first counts, and the others are not written. */
export interface OutcomeRecord {
  readonly schema: typeof OUTCOME_SCHEMA;
  readonly outcomeId: string;
  readonly decisionId: string;
  readonly type: OutcomeType;
  /** The value head this observes; null: `value` is money in the program's currency. */
  readonly head: string | null;
  /** What it was worth; null where nothing is said. */
  readonly value: number | null;
  /** What it cost, ≥ 0, in the program's currency; null where nothing is said. */
  readonly cost: number | null;
  /** Of an exposure: the action the user really got; null: the one that was decided. */
  readonly action: string | null;
  readonly occurredAt: string;
  readonly receivedAt: string;
}
