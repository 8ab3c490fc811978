/**
 * The fate of a reservation: PENDING → SETTLED | VOIDED | EXPIRED, once.
 *
 * Settled: up to its amount leaves pending for settled, the rest returns. More than that is drawn from
 * what is free when the budget reserves expected costs, and what remains is the overrun. Expired: the
 * fixed part is settled, for it is owed whatever the user does. Money that turns up after the end, or a
 * second time, is owed too: it is overrun, but for a fixed part that was settled for it already.
 */
import type { Reservation, Settlement, SettlementResult } from "../domain/budget.ts";
import { type Account, freeIn, type ReservationState } from "./account.ts";

/** Late outcomes find a reservation for so long after it ended. Longer is memory: some 300 bytes for each offer. */
export const ENDED_KEPT_MS = 7 * 86_400_000;

/** Whether a report of this reservation moves money: it is not known yet, or only its outcome is. */
export function isNews(account: Account, id: string): boolean {
  const known = account.reservations.get(id);
  return known === undefined || known.state === "early";
}

/** Holds the amount for the decision; an outcome that came early is applied at once. Only for news. */
export function hold(account: Account, { id, amount, fixed, expiresAtMs }: Reservation): void {
  const early = account.reservations.get(id);
  const events = early?.events ?? [];
  const dueMs = expiresAtMs + account.terms.graceMs;
  const held: ReservationState = { state: "pending", amount, fixed, dueMs, outcome: null, events };
  account.reservations.set(id, held);
  account.pending += amount;
  const outcome = early?.outcome ?? null;
  if (outcome === null) account.due.add({ dueMs, id });
  else resolve(account, held, outcome);
}

/** Counts the settlement unless its event counted before. */
export function settle(account: Account, settlement: Settlement): SettlementResult {
  const { eventId, reservationId: id } = settlement;
  const known = account.reservations.get(id);
  if (known === undefined) {
    const unknown = { state: "early", amount: 0, fixed: 0, dueMs: 0 } as const;
    account.reservations.set(id, { ...unknown, outcome: settlement, events: [eventId] });
    return { kind: "early" };
  }
  if (known.events.includes(eventId)) return { kind: "duplicate" };
  if (known.state !== "pending" && settlement.kind === "void") return { kind: "conflict" };
  known.events = [...known.events, eventId];
  if (known.state === "pending") return resolve(account, known, settlement);
  if (settlement.kind === "void") return { kind: "conflict" };
  return settleLate(account, known, settlement.amount);
}

/** Expires what fell due by `nowMs`, the earliest first, at most `limit`; how many. */
export function expireDue(
  account: Account,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): number {
  let expired = 0;
  while (expired < limit) {
    const id = account.due.takeDue(nowMs);
    if (id === undefined) break;
    const held = account.reservations.get(id);
    if (held?.state !== "pending") continue;
    account.pending -= held.amount;
    account.settled += held.fixed;
    held.state = "expired";
    expired++;
  }
  return expired;
}

function resolve(account: Account, held: ReservationState, settlement: Settlement): SettlementResult {
  account.pending -= held.amount;
  if (settlement.kind === "void") {
    held.state = "voided";
    return { kind: "voided" };
  }
  held.state = "settled";
  account.settled += Math.min(settlement.amount, held.amount);
  const above = Math.max(0, settlement.amount - held.amount);
  const drawn = account.terms.reserve === "expected" ? Math.min(above, freeIn(account)) : 0;
  account.settled += drawn;
  return above === drawn ? { kind: "settled" } : postOverrun(account, above - drawn);
}

/**
 * The reservation has ended. The fixed part is in the amounts once, in whichever comes first: what the expiry settled of
 * it counts for all of them together.
 */
function settleLate(account: Account, held: ReservationState, amount: number): SettlementResult {
  const settled = held.state === "expired" ? Math.min(held.fixed, amount) : 0;
  held.fixed -= settled;
  return settled === amount ? { kind: "settled" } : postOverrun(account, amount - settled);
}

function postOverrun(account: Account, excess: number): SettlementResult {
  account.overrun += excess;
  return { kind: "overrun", excess };
}
