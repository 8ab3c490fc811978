/** What was offered to whom: the history that caps and cooldowns are asked of. */

/** A paid action that a decision gave. Instants are whole milliseconds since 1970. */
export interface Offer {
  readonly program: string;
  readonly action: string;
  readonly channel: string | null;
  readonly decidedAtMs: number;
  /** The first instant at which it may not be acted upon any more. */
  readonly expiresAtMs: number;
}

/** Whose offers are counted: one user's, or those of all users of a cluster. */
export interface Subject {
  readonly scope: "user" | "cluster";
  readonly id: string;
}

/** An offer in a subject's history. */
export interface KeptOffer extends Offer {
  /** What makes a second commit of the same offer harmless, and undoing it possible. */
  readonly decisionId: string;
  /** The first instant at which no cap and no reader asks for it any more. */
  readonly keepUntilMs: number;
}

/** Offers that a history holds. A subject with more of them gets no further one until some are forgotten. */
export const OFFERS_MAX = 256;

/**
 * Offers of one program, action and channel that a history holds: the newest ones. No cap counts beyond
 * `CAP_MAX`, so what is dropped is never missed, even if a few of those that stay are undone.
 */
export const ALIKE_MAX = 128;

/** The largest `max` of a cap. */
export const CAP_MAX = 100;
