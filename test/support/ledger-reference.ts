/**
 * What a ledger must answer as long as its store forgets nothing, kept as double-entry books: every
 * movement takes from one account what it gives to another, and every figure is a balance.
 */
import type {
  AccountView,
  BudgetTerms,
  Reservation,
  Settlement,
  SettlementResult,
} from "../../src/core/domain/budget.ts";
import type { LeaseSync } from "../../src/core/budget-ports.ts";

interface Entry {
  state: "early" | "open" | "settled" | "voided" | "expired";
  reservation: Reservation | null;
  dueMs: number;
  early: Settlement | null;
  /** By the expiry, as much as money that comes late has not counted yet. */
  feeSettled: number;
  readonly events: Set<string>;
}

export class ReferenceBooks {
  readonly #balances = new Map<string, number>();
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new Map<string, { turn: number; granted: number }>();
  #terms: BudgetTerms;

  constructor(terms: BudgetTerms) {
    this.#terms = terms;
    this.#move("treasury", "available", terms.amount);
  }

  change(terms: BudgetTerms): void {
    if (terms.revision <= this.#terms.revision) return;
    this.#move("treasury", "available", terms.amount - this.#terms.amount);
    this.#terms = terms;
  }

  /** The lease's grants in all. */
  turn(lease: string, sync: LeaseSync): number {
    this.change(sync.terms);
    const known = this.#turns.get(lease) ?? { turn: 0, granted: 0 };
    if (known.turn === sync.turn) return known.granted;
    this.#move(lease, "available", sync.giveBack);
    for (const reservation of sync.reservations) this.#hold(lease, reservation);
    const grant = Math.min(sync.want, Math.max(0, this.#of("available") - this.#of("overrun")));
    this.#move("available", lease, grant);
    this.#turns.set(lease, { turn: sync.turn, granted: known.granted + grant });
    return known.granted + grant;
  }

  /** The lease of an ended life: what its log holds is reserved, the rest returns. */
  closeLease(lease: string, log: readonly Reservation[]): void {
    for (const reservation of log) this.#hold(lease, reservation);
    this.#move(lease, "available", this.#of(lease));
  }

  settle(settlement: Settlement): SettlementResult {
    const entry = this.#entries.get(settlement.reservationId);
    if (entry === undefined) {
      const events = new Set([settlement.eventId]);
      this.#entries.set(settlement.reservationId, {
        state: "early",
        reservation: null,
        dueMs: 0,
        early: settlement,
        feeSettled: 0,
        events,
      });
      return { kind: "early" };
    }
    if (entry.events.has(settlement.eventId)) return { kind: "duplicate" };
    if (entry.state === "open") {
      entry.events.add(settlement.eventId);
      return this.#end(entry, settlement);
    }
    if (settlement.kind === "void") return { kind: "conflict" };
    entry.events.add(settlement.eventId);
    const excess = Math.max(0, settlement.amount - entry.feeSettled);
    entry.feeSettled = Math.max(0, entry.feeSettled - settlement.amount);
    this.#move("debtors", "overrun", excess);
    return excess === 0 ? { kind: "settled" } : { kind: "overrun", excess };
  }

  reap(nowMs: number, limit: number): number {
    const due = [...this.#entries.values()]
      .filter(({ state, dueMs }) => state === "open" && dueMs <= nowMs)
      .toSorted((a, b) => a.dueMs - b.dueMs || (idOf(a) < idOf(b) ? -1 : 1))
      .slice(0, limit);
    for (const entry of due) {
      const { amount = 0, fixed = 0 } = entry.reservation ?? {};
      this.#move("pending", "settled", fixed);
      this.#move("pending", "available", amount - fixed);
      entry.state = "expired";
      entry.feeSettled = fixed;
    }
    return due.length;
  }

  figures(): Pick<AccountView, "amount" | "available" | "leased" | "pending" | "settled" | "overrun" | "forgotten"> {
    let leased = 0;
    for (const [name, balance] of this.#balances) if (name.startsWith("lease:")) leased += balance;
    return {
      amount: this.#terms.amount,
      available: this.#of("available"),
      leased,
      pending: this.#of("pending"),
      settled: this.#of("settled"),
      overrun: this.#of("overrun"),
      forgotten: 0,
    };
  }

  #hold(lease: string, reservation: Reservation): void {
    const known = this.#entries.get(reservation.id);
    if (known !== undefined && known.state !== "early") return;
    this.#move(lease, "pending", reservation.amount);
    const events = known?.events ?? new Set<string>();
    const dueMs = reservation.expiresAtMs + this.#terms.graceMs;
    const entry: Entry = { state: "open", reservation, dueMs, early: null, feeSettled: 0, events };
    this.#entries.set(reservation.id, entry);
    const early = known?.early ?? null;
    if (early !== null) this.#end(entry, early);
  }

  #end(entry: Entry, settlement: Settlement): SettlementResult {
    const { amount = 0 } = entry.reservation ?? {};
    if (settlement.kind === "void") {
      entry.state = "voided";
      this.#move("pending", "available", amount);
      return { kind: "voided" };
    }
    entry.state = "settled";
    const within = Math.min(amount, settlement.amount);
    this.#move("pending", "settled", within);
    this.#move("pending", "available", amount - within);
    const free = this.#terms.reserve === "max" ? 0 : Math.max(0, this.#of("available") - this.#of("overrun"));
    const drawn = Math.min(free, settlement.amount - within);
    this.#move("available", "settled", drawn);
    const excess = settlement.amount - within - drawn;
    if (excess === 0) return { kind: "settled" };
    this.#move("debtors", "overrun", excess);
    return { kind: "overrun", excess };
  }

  #of(name: string): number {
    return this.#balances.get(name) ?? 0;
  }

  #move(from: string, to: string, amount: number): void {
    this.#balances.set(from, this.#of(from) - amount);
    this.#balances.set(to, this.#of(to) + amount);
  }
}

function idOf(entry: Entry): string {
  return entry.reservation?.id ?? "";
}
