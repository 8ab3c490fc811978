import type { Offer } from "../domain/offer.ts";

/** An action that another program has given this user and that may still be acted upon. */
export interface OpenOffer {
  readonly program: string;
  readonly action: string;
  readonly sinceMs: number;
}

/** What other programs offer this user now, each action once, since it was last offered; newest last. */
export function openElsewhere(offers: readonly Offer[], program: string, nowMs: number): readonly OpenOffer[] {
  const open = offers.filter((offer) => offer.expiresAtMs > nowMs && offer.program !== program);
  if (open.length === 0) return NONE;
  const newestFirst = open.toSorted((a, b) => b.decidedAtMs - a.decidedAtMs);
  const newest = newestFirst.filter((offer, i) => newestFirst.findIndex((other) => isSame(other, offer)) === i);
  return newest
    .toReversed()
    .map((offer) => ({ program: offer.program, action: offer.action, sinceMs: offer.decidedAtMs }));
}

const NONE: readonly OpenOffer[] = [];

function isSame(a: Offer, b: Offer): boolean {
  return a.program === b.program && a.action === b.action;
}
