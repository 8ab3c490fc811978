/** Offers, caps and commits for tests. */
import { planCommit } from "../../src/core/caps/plan-commit.ts";
import { conditionsAt } from "../../src/core/caps/condition.ts";
import type { Cap, Condition } from "../../src/core/domain/cap.ts";
import type { Offer, Subject } from "../../src/core/domain/offer.ts";
import type { Calendar, HistoryEntry, OfferCommit } from "../../src/core/ports.ts";

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

/** A commit of decision `n`, into the user's history unless `entries` says otherwise. */
export function commitOf(n: number, changes: Partial<Offer> = {}, ...entries: Partial<HistoryEntry>[]): OfferCommit {
  const offer = offerOf(changes);
  const whole = entries.length === 0 ? [{}] : entries;
  return {
    decisionId: idOf(n),
    offer,
    entries: whole.map((entry) => ({
      subject: user,
      keepUntilMs: offer.decidedAtMs + 30 * DAY_MS,
      conditions: [],
      ...entry,
    })),
  };
}

/** The commit that the service would ask for under these caps. */
export function cappedCommit(
  n: number,
  offer: Offer,
  { caps, calendar, subjects }: { caps: readonly Cap[]; calendar: Calendar; subjects: readonly Subject[] },
): OfferCommit {
  const conditions = conditionsAt(caps, calendar, offer.decidedAtMs);
  return planCommit({ decisionId: idOf(n), offer, subjects, conditions, caps, calendar });
}
