/** Offers, places and caps for tests. */
import type { Cap, Condition } from "../../src/core/domain/cap.ts";
import type { KeptHistory, KeptOffer, Offer, Place, Subject } from "../../src/core/domain/offer.ts";

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const NOW_MS = Date.UTC(2026, 10, 25, 12);

export const user: Subject = { scope: "user", id: "u1" };
export const cluster: Subject = { scope: "cluster", id: "u1" };

/** The nth decision's id. */
export function idOf(n: number): string {
  return `019aa8e1-7d2c-7b0e-9d5c-${n.toString(16).padStart(12, "0")}`;
}

export function offerOf(changes: Partial<Offer> = {}): Offer {
  const decidedAtMs = changes.decidedAtMs ?? NOW_MS;
  const kind = { program: "reactivation", action: "voucher_5", channel: "email" };
  return { ...kind, decidedAtMs, expiresAtMs: decidedAtMs + DAY_MS, ...changes };
}

export function capOf(changes: Partial<Cap> = {}): Cap {
  return {
    reason: "cap_reached",
    scope: "user",
    program: null,
    action: null,
    channel: null,
    max: 1,
    window: { kind: "rolling", spanMs: 7 * DAY_MS },
    ...changes,
  };
}

export function conditionOf(changes: Partial<Cap> = {}, afterMs = NOW_MS - 7 * DAY_MS): Condition {
  return { cap: capOf(changes), afterMs };
}

/** The offer of decision `n`, kept for 30 days unless `changes` says otherwise. */
export function keptOf(n: number, changes: Partial<KeptOffer> = {}): KeptOffer {
  const offer = offerOf(changes);
  return { ...offer, decisionId: idOf(n), keepUntilMs: offer.decidedAtMs + 30 * DAY_MS, ...changes };
}

/** The place of decision `n`. */
export function placeOf(n: number, changes: Partial<Place> = {}): Place {
  return { decisionId: idOf(n), program: "reactivation", keepUntilMs: NOW_MS + 30 * DAY_MS, ...changes };
}

/** What anybody is told of an offer. */
export function told({ program, action, channel, decidedAtMs, expiresAtMs }: Offer): Offer {
  return { program, action, channel, decidedAtMs, expiresAtMs };
}

/** A history of these offers, each of a decision of its own, and places. */
export function historyOf(offers: readonly Partial<KeptOffer>[], places: readonly Partial<Place>[] = []): KeptHistory {
  return {
    offers: offers.map((offer, n) => keptOf(n, offer)),
    places: places.map((place, n) => placeOf(offers.length + n, place)),
  };
}
