import { invariant } from "../errors.ts";

/** Pays nothing, whatever the clock says. */
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * What one replica may pay out of one account, now and without asking anybody: a lease, spent on the
 * thread that decides. It stops by itself when the lease's time is over.
 */
export class Purse {
  #granted = 0;
  #returned = 0;
  #spent = 0;
  #paysUntilMs = NEVER;

  /** What may be paid at this instant of the monotonic clock: 0 from the end of the lease on. */
  available(nowMs: number): number {
    return this.pays(nowMs) ? this.balance : 0;
  }

  /** Whether its lease lasts at this instant of the monotonic clock, however little is in it. */
  pays(nowMs: number): boolean {
    return nowMs < this.#paysUntilMs;
  }

  /** What is in it, whether it may be paid or not. */
  get balance(): number {
    return this.#granted - this.#returned - this.#spent;
  }

  get granted(): number {
    return this.#granted;
  }

  get returned(): number {
    return this.#returned;
  }

  /** Pays. The caller saw that much available on the same turn of the event loop. */
  debit(amount: number): void {
    invariant(
      Number.isSafeInteger(amount) && amount >= 0,
      () => `a debit is a safe integer of at least 0, got ${amount}`,
    );
    invariant(amount <= this.balance, () => `a debit is at most the balance ${this.balance}, got ${amount}`);
    this.#spent += amount;
  }

  /** Takes back a debit whose decision did not get into the log. */
  credit(amount: number): void {
    invariant(amount >= 0 && amount <= this.#spent, `a credit is at most the ${this.#spent} spent, got ${amount}`);
    this.#spent -= amount;
  }

  /** The lease as granted so far, valid until `paysUntilMs` of the monotonic clock. */
  fill(granted: number, paysUntilMs: number): void {
    invariant(granted >= this.#granted, `grants only grow, from ${this.#granted}, got ${granted}`);
    this.#granted = granted;
    this.#paysUntilMs = paysUntilMs;
  }

  /** Sets aside what is about to be given back: it is not paid from here on. */
  giveBack(amount: number): void {
    invariant(amount >= 0 && amount <= this.balance, `at most the balance ${this.balance} returns, got ${amount}`);
    this.#returned += amount;
  }

  stop(): void {
    this.#paysUntilMs = NEVER;
  }
}
