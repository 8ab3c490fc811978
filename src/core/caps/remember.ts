import { ALIKE_MAX, type KeptOffer, OFFERS_MAX } from "../domain/offer.ts";

/**
 * The history with one more offer, without those that nobody asks for any more. Of more than
 * `ALIKE_MAX` offers of one kind the oldest goes.
 *
 * @returns null when the history is full
 */
export function remember(history: readonly KeptOffer[], offer: KeptOffer): readonly KeptOffer[] | null {
  const kept = history.filter(({ keepUntilMs }) => keepUntilMs > offer.decidedAtMs);
  const alike = kept.filter((other) => isAlike(other, offer));
  if (alike.length >= ALIKE_MAX) kept.splice(kept.indexOf(oldestOf(alike)), 1);
  if (kept.length >= OFFERS_MAX) return null;
  kept.push(offer);
  return kept;
}

function isAlike(a: KeptOffer, b: KeptOffer): boolean {
  return a.program === b.program && a.action === b.action && a.channel === b.channel;
}

function oldestOf(offers: readonly KeptOffer[]): KeptOffer {
  return offers.reduce((oldest, offer) => (offer.decidedAtMs < oldest.decidedAtMs ? offer : oldest));
}
