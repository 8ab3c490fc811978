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

/** What a history keeps of one decision. */
interface Entry {
  /** A UUID. */
  readonly decisionId: string;
  /** The first instant at which no cap and no reader asks for it any more. */
  readonly keepUntilMs: number;
}

/** An offer in a subject's history. */
export interface KeptOffer extends Offer, Entry {}

/**
 * The place of a decision that is not made yet. It may become an offer of any action of the program, and until it
 * is settled it counts as one of each.
 */
export interface Place extends Entry {
  readonly program: string;
}

/** What one subject was offered, and what may still become an offer. In no order. */
export interface History {
  readonly offers: readonly Offer[];
  readonly places: readonly Place[];
}

/** A history as a store keeps it. */
export interface KeptHistory extends History {
  readonly offers: readonly KeptOffer[];
}

/**
 * Offers, and places, that a history holds. In one with so many of both together nobody is offered anything until some
 * are not needed any more; where there are so many places nobody takes another.
 */
export const ENTRIES_MAX = 256;

/**
 * Offers of one program, action and channel that a history holds: the newest ones. No cap counts beyond
 * `CAP_MAX`, so what is dropped is never missed, even if a few of those that stay are taken back.
 */
export const ALIKE_MAX = 128;

/** The largest `max` of a cap. */
export const CAP_MAX = 100;

export function entriesIn({ offers, places }: History): number {
  return offers.length + places.length;
}

/** Whether no offer may be added. */
export function isFull(history: History): boolean {
  return entriesIn(history) >= ENTRIES_MAX;
}
