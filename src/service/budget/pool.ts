/**
 * One pool of money on this replica: its accounts of the present period, its prices, and what its offers cost. At
 * each epoch it tells what was seen and takes over the prices all replicas decide at; from period to period it
 * changes accounts.
 */
import type { AccountId } from "../../core/domain/budget.ts";
import type { Period } from "../../core/domain/period.ts";
import { priceFloor } from "../../core/pacing/shadow-price.ts";
import type { Calendar } from "../../core/ports.ts";
import type { Timer } from "./budget-holder.ts";
import { closePastAccount, isOfPeriod, type LeaseParts, PoolAccounts, type PoolDeclaration } from "./pool-accounts.ts";
import { PoolCosts } from "./pool-costs.ts";
import { PoolPrices, type PoolPricesParts } from "./pool-prices.ts";
import type { Reaper } from "./reaper.ts";

/** A new account may have to wait for one lease time before it grants: it is opened before it is needed. */
const OPEN_AHEAD_MS = 10_000;
/** A wall clock that is an hour wrong and set right must find the accounts it left. */
const RETIRE_AFTER_MS = 2 * 3_600_000;
/** Leases older than the latest so many are of no consequence any more. */
const PAST_ACCOUNTS_MAX = 100;
const DAY_MS = 86_400_000;

export interface PoolParts extends LeaseParts, Omit<PoolPricesParts, "failed"> {
  readonly calendar: Calendar;
  readonly reaper: Reaper;
  /** Wall clock, ms since 1970. */
  readonly nowMs: () => number;
  /** After every turn of an epoch, whether it went well or not. */
  readonly turned: (pool: Pool) => void;
  /** Something could not be done that is done again with the next turns; until then the prices stay. */
  readonly failed: (pool: Pool, cause: unknown) => void;
}

export class Pool {
  readonly prices: PoolPrices;
  readonly costs: PoolCosts;
  readonly #parts: PoolParts;
  readonly #timer: Timer;
  #declared: PoolDeclaration;
  /** By period: those that are not long over, and the next one when it is near. */
  readonly #accounts = new Map<string, PoolAccounts>();
  /** Accounts of periods that were over when this replica started, and may have to be closed. */
  #past: readonly AccountId[] = [];
  #isClosingPast = false;
  #cancel: () => void = () => undefined;
  #turning: Promise<void> = Promise.resolve();
  #state: "open" | "resting" | "closed" = "open";

  constructor(parts: PoolParts, declared: PoolDeclaration) {
    this.#parts = parts;
    this.#timer = parts.timer;
    this.#declared = declared;
    this.prices = new PoolPrices({ ...parts, failed: (cause) => parts.failed(this, cause) });
    this.prices.adopt(declared);
    this.costs = new PoolCosts(parts.board, declared.pool);
  }

  get declared(): PoolDeclaration {
    return this.#declared;
  }

  start(): void {
    const { book } = this.#parts;
    const current = this.current()?.period.id ?? null;
    this.#past = book
      .accounts()
      .filter((account) => account.budget === this.#declared.pool)
      .filter((account) => current === null || !isOfPeriod(account, current))
      .slice(-PAST_ACCOUNTS_MAX);
    this.#watchPeriodBefore();
    this.#turning = this.#turn();
  }

  /** Other terms, in force from the next exchange on. A pool that rests is one again. */
  change(declared: PoolDeclaration): void {
    this.#declared = declared;
    this.prices.adopt(declared);
    for (const accounts of this.#accounts.values()) accounts.change(declared);
    if (this.#state !== "resting") return;
    this.#state = "open";
    this.#turning = this.#turning.then(() => {
      this.#cancel();
      return this.#turn();
    });
  }

  /** Nobody draws on it any more, for now: it gives its money back, and can be changed into a pool again. */
  rest(): void {
    this.#state = "resting";
    this.#cancel();
    for (const accounts of this.#accounts.values()) accounts.rest();
  }

  /** The accounts of this instant; null between periods. */
  current(): PoolAccounts | null {
    return this.#accountsAt(this.#parts.nowMs());
  }

  /** Gives everything back, after the last decision was logged. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#cancel();
    await this.#turning;
    await this.#attempt(() => this.costs.tell(this.#parts.nowMs()));
    await Promise.all([...this.#accounts.values()].map((accounts) => accounts.close()));
  }

  async #turn(): Promise<void> {
    const nowMs = this.#parts.nowMs();
    await this.#attempt(() => this.costs.turn(this.#declared, nowMs));
    await this.#attempt(async () => {
      // Before the next turn is over it may be needed.
      this.#accountsAt(nowMs + this.#declared.terms.epochMs + OPEN_AHEAD_MS);
      const accounts = this.current();
      if (accounts !== null) await this.#price(accounts, nowMs);
    });
    await this.#attempt(async () => {
      await this.#retire(nowMs);
      this.#parts.turned(this);
    });
    void this.#closePast();
    this.#schedule();
  }

  /** Whatever fails is told, and the next turn comes all the same. */
  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (cause) {
      this.#parts.failed(this, cause);
    }
  }

  /** At the beginning of the next epoch, or of the next period if that is sooner. */
  #schedule(): void {
    if (this.#state !== "open") return;
    const { epochMs, period } = this.#declared.terms;
    const nowMs = this.#parts.nowMs();
    const endMs = this.#parts.calendar.periodAt(period, nowMs)?.endMs ?? Infinity;
    this.#cancel();
    this.#cancel = this.#timer.after(Math.min(epochMs - (nowMs % epochMs), endMs - nowMs), () => {
      this.#turning = this.#turn();
    });
  }

  async #price({ account, period, money, volumes }: PoolAccounts, atMs: number): Promise<void> {
    const { terms, programs } = this.#declared;
    const view = money.lease.view;
    const remaining = [...volumes].map(([name, { lease }]) => {
      const left = lease.view === null ? lease.terms.amount : lease.view.available + lease.view.leased;
      return [name, Math.max(0, left)] as const;
    });
    await this.prices.turn({
      account,
      rule: terms.period,
      period,
      epoch: epochAt(atMs, terms.epochMs),
      atMs,
      // What the ledger does not yet know to be spent counts as left for one turn.
      remainingMicros: view === null ? terms.amountMicros : Math.max(0, view.available + view.leased - view.overrun),
      remainingVolumes: Object.fromEntries(remaining),
      // What is below the λ_min of one program, another may buy.
      floor: Math.min(...programs.map(priceFloor)),
    });
  }

  /** Opened unless they are. A pool that rests or is closing opens none. */
  #accountsAt(atMs: number): PoolAccounts | null {
    const period = this.#parts.calendar.periodAt(this.#declared.terms.period, atMs);
    if (period === null) return null;
    return this.#accounts.get(period.id) ?? (this.#state === "open" ? this.#open(period) : null);
  }

  #open(period: Period): PoolAccounts {
    const accounts = new PoolAccounts({ ...this.#parts, dearness: () => this.costs.dearness }, period, this.#declared);
    this.#accounts.set(period.id, accounts);
    this.#watch(accounts.account.period, period.endMs);
    accounts.start();
    return accounts;
  }

  /** This replica may have stopped in a period that is over: its money there is told and given back, and expires. */
  async #closePast(): Promise<void> {
    if (this.#isClosingPast) return;
    this.#isClosingPast = true;
    try {
      for (let next = this.#past[0]; next !== undefined && this.#state === "open"; next = this.#past[0]) {
        await closePastAccount(this.#parts, next, this.#declared);
        const view = await this.#parts.ledger.view(next);
        if (view !== null && view.pending > 0) this.#watch(next.period, this.#parts.nowMs());
        this.#past = this.#past.slice(1);
      }
    } catch (cause) {
      if (this.#state === "open") this.#parts.failed(this, cause);
    } finally {
      this.#isClosingPast = false;
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
