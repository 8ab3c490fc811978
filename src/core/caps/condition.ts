import type { Cap, Condition, OfferKind } from "../domain/cap.ts";
import type { History } from "../domain/offer.ts";
import type { Calendar } from "../ports.ts";

/** The caps at this moment, in their order. With them, what follows needs no clock and no calendar. */
export function conditionsAt(caps: readonly Cap[], calendar: Calendar, nowMs: number): readonly Condition[] {
  return caps.map((cap) => ({ cap, afterMs: startOf(cap, calendar, nowMs) - 1 }));
}

/** Whether another offer may be added to those of the history. A place counts while it is there. */
export function holds({ cap, afterMs }: Condition, { offers, places }: History): boolean {
  let counted = 0;
  for (const offer of offers) {
    if (offer.decidedAtMs > afterMs && counts(cap, offer)) counted++;
  }
  for (const { program } of places) {
    if (cap.program === null || cap.program === program) counted++;
  }
  return counted < cap.max;
}

/** Whether the cap counts offers of this kind. */
export function counts(cap: Cap, { program, action, channel }: OfferKind): boolean {
  return (
    (cap.program === null || cap.program === program) &&
    (cap.action === null || cap.action === action) &&
    (cap.channel === null || cap.channel === channel)
  );
}

/** The first instant that counts: an offer exactly one rolling span ago counts no more. */
function startOf({ window }: Cap, calendar: Calendar, nowMs: number): number {
  return window.kind === "rolling" ? nowMs - window.spanMs + 1 : calendar.periodAt(window, nowMs).startMs;
}
