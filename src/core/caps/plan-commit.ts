/** What committing an offer asks of the store: in whose histories, for how long, and on what conditions. */
import type { Cap, Condition } from "../domain/cap.ts";
import type { Offer, Subject } from "../domain/offer.ts";
import type { Calendar, HistoryEntry, OfferCommit } from "../ports.ts";
import { counts } from "./condition.ts";

/** An offer outlives its last reader by this much: another replica's clock may be behind. */
const CLOCK_SKEW_MS = 3_600_000;

export interface CommitPlan {
  readonly decisionId: string;
  readonly offer: Offer;
  /** The user, and the cluster where the request named one. */
  readonly subjects: readonly Subject[];
  /** The program's own caps at the moment of the decision. */
  readonly conditions: readonly Condition[];
  /** The caps of every loaded program: they count this offer too. */
  readonly caps: readonly Cap[];
  readonly calendar: Calendar;
}

/**
 * The user's history keeps the offer while it is open and while a cap counts it; a cluster's has no
 * entry for an offer that no cap counts there.
 */
export function planCommit(plan: CommitPlan): OfferCommit {
  const { decisionId, offer, subjects } = plan;
  const entries: HistoryEntry[] = [];
  for (const subject of subjects) {
    const countedUntilMs = lastCountedMs(plan, subject);
    const untilMs = subject.scope === "user" ? Math.max(offer.expiresAtMs, countedUntilMs) : countedUntilMs;
    if (untilMs === Number.NEGATIVE_INFINITY) continue;
    const conditions = plan.conditions.filter(({ cap }) => cap.scope === subject.scope && counts(cap, offer));
    entries.push({ subject, keepUntilMs: untilMs + CLOCK_SKEW_MS, conditions });
  }
  return { decisionId, offer, entries };
}

/** When the last cap stops counting the offer; −∞ if none counts it. */
function lastCountedMs({ offer, conditions, caps, calendar }: CommitPlan, { scope }: Subject): number {
  let lastMs = Number.NEGATIVE_INFINITY;
  const extend = (cap: Cap): void => {
    if (cap.scope !== scope || !counts(cap, offer)) return;
    lastMs = Math.max(lastMs, endOf(cap, calendar, offer.decidedAtMs));
  };
  for (const cap of caps) extend(cap);
  // A program that was just loaded anew may have decided with caps that are gone from the list.
  for (const { cap } of conditions) extend(cap);
  return lastMs;
}

function endOf({ window }: Cap, calendar: Calendar, decidedAtMs: number): number {
  return window.kind === "rolling" ? decidedAtMs + window.spanMs : calendar.periodAt(window, decidedAtMs).endMs;
}
