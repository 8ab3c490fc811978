/**
 * One pool of money on this replica: its accounts of the present period, and its prices. At each epoch it tells
 * what was seen and takes over the prices all replicas decide at; from period to period it changes accounts.
 */
import type { Calendar } from "../../core/ports.ts";
import type { Period } from "../../core/domain/period.ts";
import type { Timer } from "./budget-holder.ts";
import { type AccountsParts, closePastAccount, PoolAccounts, type PoolDeclaration } from "./pool-accounts.ts";
import { PoolPrices, type PoolPricesParts } from "./pool-prices.ts";
import type { Reaper } from "./reaper.ts";

/** A new account may have to wait for one lease time before it grants: it is opened so long before it is needed, at least. */
const OPEN_AHEAD_MS = 10_000;
/** A wall clock that is an hour wrong and set right must find the accounts it left. */
const DAY_MS = 86_400_000;
/** Leases older than the latest so many are of no consequence any more. */
const PAST_ACCOUNTS_MAX = 100;
const RETIRE_AFTER_MS = 2 * 3_600_000;

export interface PoolParts extends AccountsParts, PoolPricesParts {
  readonly calendar: Calendar;
  readonly reaper: Reaper;
  /** Wall clock, ms since 1970. */
  readonly nowMs: () => number;
  /** After every turn of an epoch, whether it went well or not. */
  readonly turned: (pool: Pool) => void;
  /** A turn of the board failed; the prices stay. */
  readonly failed: (pool: Pool, cause: unknown) => void;
}

export class Pool {
  readonly prices: PoolPrices;
  readonly #parts: PoolParts;
  readonly #timer: Timer;
  #declared: PoolDeclaration;
  /** λ_min of its programs: the least of them, for what is below one program's another may buy. */
  #floor: number;
  /** By period: those that are not long over, and the next one when it is near. */
  readonly #accounts = new Map<string, PoolAccounts>();
  #cancel: () => void = () => undefined;
  #turning: Promise<void> = Promise.resolve();
  /** Its program is gone, and may come back. */
  #isResting = false;
  #isClosed = false;
  /** Earlier periods could not be closed: to be tried again. */
  #isPastOpen = false;

  constructor(parts: PoolParts, declared: PoolDeclaration, floor: number) {
    this.#parts = parts;
    this.#timer = parts.timer;
    this.#declared = declared;
    this.#floor = floor;
    this.prices = new PoolPrices(parts);
  }

  get declared(): PoolDeclaration {
    return this.#declared;
  }

  start(): void {
    this.#watchPeriodBefore();
    this.#turning = this.#turn();
    void this.#closePast();
  }

  /** Gives its money back, until it is declared again. */
  rest(): void {
    this.#isResting = true;
    for (const accounts of this.#accounts.values()) accounts.rest();
  }

  /** Other terms, in force from the next exchange on. */
  change(declared: PoolDeclaration, floor: number): void {
    this.#isResting = false;
    this.#declared = declared;
    this.#floor = floor;
    for (const accounts of this.#accounts.values()) accounts.change(declared);
  }

  /** The accounts of this instant; null between periods. */
  current(): PoolAccounts | null {
    return this.#accountsAt(this.#parts.nowMs());
  }

  /** Gives everything back, after the last decision was logged. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#turning;
    await Promise.all([...this.#accounts.values()].map((accounts) => accounts.close()));
  }

  async #turn(): Promise<void> {
    const nowMs = this.#parts.nowMs();
    const accounts = this.current();
    if (accounts !== null) await this.#price(accounts, nowMs);
    this.#parts.turned(this);
    this.#accountsAt(nowMs + this.#declared.terms.epochMs + OPEN_AHEAD_MS);
    await this.#retire(nowMs);
    if (this.#isPastOpen) void this.#closePast();
    if (!this.#isClosed) this.#schedule();
  }

  #schedule(): void {
    const { epochMs } = this.#declared.terms;
    const delayMs = epochMs - (this.#parts.nowMs() % epochMs);
    this.#cancel = this.#timer.after(delayMs, () => {
      this.#turning = this.#turn();
    });
  }

  async #price({ account, period, money, volumes }: PoolAccounts, atMs: number): Promise<void> {
    const { terms } = this.#declared;
    const view = money.lease.view;
    const remaining = [...volumes].map(([name, { lease }]) => {
      const left = lease.view === null ? lease.terms.amount : lease.view.available + lease.view.leased;
      return [name, Math.max(0, left)] as const;
    });
    try {
      await this.prices.turn({
        account,
        rule: terms.period,
        period,
        epoch: epochAt(atMs, terms.epochMs),
        atMs,
        // What the ledger does not yet know to be spent counts as left for one turn.
        remainingMicros: view === null ? terms.amountMicros : Math.max(0, view.available + view.leased - view.overrun),
        remainingVolumes: Object.fromEntries(remaining),
        floor: this.#floor,
      });
    } catch (cause) {
      this.#parts.failed(this, cause);
    }
  }

  /** Opened unless they are. A pool that is closing, or rests, opens none. */
  #accountsAt(atMs: number): PoolAccounts | null {
    const period = this.#parts.calendar.periodAt(this.#declared.terms.period, atMs);
    if (period === null) return null;
    return this.#accounts.get(period.id) ?? (this.#isClosed || this.#isResting ? null : this.#open(period));
  }

  #open(period: Period): PoolAccounts {
    const accounts = new PoolAccounts(this.#parts, period, this.#declared);
    this.#accounts.set(period.id, accounts);
    this.#watch(accounts.account.period, period.endMs);
    accounts.start();
    return accounts;
  }

  /** This replica may have stopped in a period that is over: its money there is told and given back, and expires. */
  async #closePast(): Promise<void> {
    const { book, ledger, nowMs } = this.#parts;
    const { pool } = this.#declared;
    const current = this.current()?.period.id ?? null;
    const past = book
      .accounts()
      .filter(({ budget, period }) => budget === pool && (current === null || !period.startsWith(current)))
      .slice(-PAST_ACCOUNTS_MAX);
    this.#isPastOpen = false;
    try {
      for (const account of past) {
        await closePastAccount(this.#parts, account, this.#declared);
        const view = await ledger.view(account);
        if (view !== null && view.pending > 0) this.#watch(account.period, nowMs());
      }
    } catch (cause) {
      this.#isPastOpen = true;
      this.#parts.failed(this, cause);
    }
  }

  /** Offers of the period before may still be open, also when this replica starts. */
  #watchPeriodBefore(): void {
    const { period: rule } = this.#declared.terms;
    const { calendar, nowMs } = this.#parts;
    const current = calendar.periodAt(rule, nowMs());
    const before = current === null ? null : calendar.periodAt(rule, current.startMs - 1);
    if (before !== null) this.#watch(before.id, before.endMs);
  }

  /** @param endMs when the last offer of the period may be made */
  #watch(period: string, endMs: number): void {
    const { pool, offerTtlMsMax, terms } = this.#declared;
    this.#parts.reaper.watch({ budget: pool, period }, endMs + offerTtlMsMax + terms.settleWithinMs + DAY_MS);
  }

  async #retire(nowMs: number): Promise<void> {
    for (const [id, accounts] of this.#accounts) {
      if (accounts.period.endMs + RETIRE_AFTER_MS > nowMs) continue;
      this.#accounts.delete(id);
      await accounts.close();
    }
  }
}

/**
 * The second in which the epoch of this instant began: it rises whatever becomes of the epoch's length, and so do
 * the prices' ranks, of which a lower one would never be published.
 */
function epochAt(atMs: number, epochMs: number): number {
  return Math.floor((Math.floor(atMs / epochMs) * epochMs) / 1_000);
}
