/**
 * Keeps a lease in step with the ledger in the background: topped up before it is dry, renewed before its
 * time is over, its spending told within a second, given back when it is idle and others may need it.
 * Nothing here throws: a ledger that is down is asked again, more and more rarely.
 */
import type { BudgetTerms, Reservation } from "../../core/domain/budget.ts";
import type { TurnPurpose } from "../../core/ledger/lease-turns.ts";
import type { BudgetLease } from "./budget-lease.ts";

/** Decisions that were logged are told so soon. */
const TELL_MS = 1_000;
/** Between two turns, so that a burst shares one. */
const GAP_MS = 10;
/** Near the end everybody asks for what returns, and gets a little: rarely is enough. */
const SCARCE_GAP_MS = 500;
const RETRY_MS_MIN = 50;
/** Well below a lease time: a short outage must not end the lease between two tries. */
const RETRY_MS_MAX = 500;
/** A lease that paid nothing for so long is idle. */
const IDLE_MS = 5_000;
/** Of a lease time: two renewals may fail before the lease ends. */
const RENEWALS_PER_LEASE = 3;

/** Time as it passes, whatever clocks on the wall say. */
export interface Timer {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once; the result calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** What became of each exchange, for metrics and the operators' log. */
export interface BudgetObserver {
  exchanged(lease: BudgetLease, answer: "synced" | "unconfirmed" | "recovering" | "fenced", latencyMs: number): void;
  failed(lease: BudgetLease, cause: unknown): void;
}

export class BudgetHolder {
  readonly lease: BudgetLease;
  readonly #timer: Timer;
  readonly #observer: BudgetObserver;
  #cancel: () => void = () => undefined;
  #exchanging: Promise<void> | null = null;
  #failures = 0;
  #lastPaidMs: number;
  #lastTurnMs = Number.NEGATIVE_INFINITY;
  #nextTurnMs = Number.POSITIVE_INFINITY;
  #isResting = false;
  #isClosed = false;

  constructor(lease: BudgetLease, timer: Timer, observer: BudgetObserver) {
    this.lease = lease;
    this.#timer = timer;
    this.#observer = observer;
    this.#lastPaidMs = timer.now();
  }

  /** Takes the first turn now. */
  start(): void {
    this.#schedule(0);
  }

  /** What may be paid now, in the account's unit. */
  available(): number {
    return this.lease.available();
  }

  /** Pays for a decision. The caller saw that much available on the same turn of the event loop. */
  debit(amount: number): void {
    this.lease.debit(amount);
    this.#lastPaidMs = this.#timer.now();
    this.#hurryIfPressed();
  }

  /** Takes back a debit whose decision will never be in the log. */
  credit(amount: number): void {
    this.lease.credit(amount);
  }

  /** The debited decision is in the decision log, as durable as it will be. */
  logged(reservation: Reservation): void {
    this.lease.logged(reservation);
    if (this.#nextTurnMs > this.#timer.now() + TELL_MS) this.#schedule(TELL_MS);
  }

  /** A decision wanted more than there is: worth a turn as soon as the ledger has more. */
  missed(): void {
    this.#lastPaidMs = this.#timer.now();
    this.#hurryIfPressed();
  }

  /** Other terms; a holder that rests holds money again. */
  change(terms: BudgetTerms): void {
    if (this.#isResting) this.#lastPaidMs = this.#timer.now();
    this.#isResting = false;
    this.lease.change(terms);
    this.#schedule(0);
  }

  /**
   * Returns what it holds, and goes on reporting what decisions under way still spend: a lease that is closed could
   * not be opened again, and a ledger that recovers waits for the word of those that are open.
   */
  rest(): void {
    this.#isResting = true;
    this.#schedule(0);
  }

  /**
   * Reports and returns everything, after the last decision was logged. Whether the lease is closed; one
   * that is not stays counted as spent until the next life of this replica closes it.
   */
  async close(): Promise<boolean> {
    this.#isClosed = true;
    this.#cancel();
    await this.#exchanging;
    try {
      return await this.lease.leave();
    } catch (cause) {
      this.#observer.failed(this.lease, cause);
      return false;
    }
  }

  #hurryIfPressed(): void {
    if (this.#exchanging !== null || this.#failures > 0) return;
    const nowMs = this.#timer.now();
    const soonestMs = Math.max(nowMs, this.#lastTurnMs + this.#gapMs());
    if (this.#nextTurnMs > soonestMs && this.lease.isPressed) this.#schedule(soonestMs - nowMs);
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed || this.#exchanging !== null) return;
    this.#cancel();
    this.#nextTurnMs = this.#timer.now() + delayMs;
    this.#cancel = this.#timer.after(delayMs, () => {
      this.#nextTurnMs = Number.POSITIVE_INFINITY;
      this.#exchanging = this.#exchange();
    });
  }

  async #exchange(): Promise<void> {
    const startedMs = this.#timer.now();
    try {
      const answer = await this.lease.exchange(this.#purposeAt(startedMs));
      this.#failures = answer === "unconfirmed" ? this.#failures + 1 : 0;
      this.#observer.exchanged(this.lease, answer, this.#timer.now() - startedMs);
    } catch (cause) {
      this.#failures++;
      this.#observer.failed(this.lease, cause);
    }
    this.#lastTurnMs = this.#timer.now();
    this.#exchanging = null;
    this.#schedule(this.#delayMs());
  }

  #purposeAt(nowMs: number): TurnPurpose {
    if (this.#isResting) return "leave";
    return nowMs - this.#lastPaidMs >= IDLE_MS ? "yield" : "top-up";
  }

  #gapMs(): number {
    return this.lease.isScarce ? SCARCE_GAP_MS : GAP_MS;
  }

  #delayMs(): number {
    if (this.#failures > 0) return Math.min(RETRY_MS_MIN * 2 ** (this.#failures - 1), RETRY_MS_MAX);
    const isBusy = !this.#isResting && this.#timer.now() - this.#lastPaidMs < IDLE_MS;
    if (isBusy && this.lease.isPressed) return this.#gapMs();
    const renewMs = Math.floor(this.lease.terms.leaseTtlMs / RENEWALS_PER_LEASE);
    return this.lease.hasNews ? Math.min(TELL_MS, renewMs) : renewMs;
  }
}
