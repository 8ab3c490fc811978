import { ALIKE_MAX, type KeptHistory, type KeptOffer, type Offer } from "../domain/offer.ts";

/**
 * The decisions in a history that nobody asks for any more: at this moment, and once the offer, if any, is added.
 * Of more than `ALIKE_MAX` offers of one kind the oldest goes.
 */
export function outlived({ offers, places }: KeptHistory, offer: Offer | null, nowMs: number): readonly string[] {
  const over: string[] = [];
  const alike: KeptOffer[] = [];
  const isCrowded = offers.length >= ALIKE_MAX;
  for (const place of places) if (place.keepUntilMs <= nowMs) over.push(place.decisionId);
  for (const kept of offers) {
    if (kept.keepUntilMs <= nowMs) over.push(kept.decisionId);
    else if (isCrowded && offer !== null && isAlike(kept, offer)) alike.push(kept);
  }
  if (alike.length >= ALIKE_MAX) over.push(oldestOf(alike).decisionId);
  return over;
}

function isAlike(a: Offer, b: Offer): boolean {
  return a.program === b.program && a.action === b.action && a.channel === b.channel;
}

function oldestOf(offers: readonly KeptOffer[]): KeptOffer {
  return offers.reduce((oldest, offer) => (offer.decidedAtMs < oldest.decidedAtMs ? offer : oldest));
}
