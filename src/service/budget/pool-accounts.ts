/** A pool's accounts in one period on this replica: its money, and the offers of each limited volume. */
import type { LeaseBook, Ledger, SpendingHistory } from "../../core/budget-ports.ts";
import type { AccountId, BudgetTerms } from "../../core/domain/budget.ts";
import type { PoolTerms } from "../../core/domain/funding.ts";
import type { Period } from "../../core/domain/period.ts";
import { BudgetHolder, type BudgetObserver, type Timer } from "./budget-holder.ts";
import { BudgetLease } from "./budget-lease.ts";

/** A replica that cannot reach the ledger stops paying so soon; a ledger that may have forgotten grants waits as long. */
const LEASE_TTL_MS = 3_000;

export interface AccountsParts {
  readonly ledger: Ledger;
  readonly book: LeaseBook;
  readonly history: SpendingHistory;
  readonly timer: Timer;
  readonly observer: BudgetObserver;
}

/** What is declared of a pool, by whom, and how large one offer may be. */
export interface PoolDeclaration {
  readonly pool: string;
  /** A higher one replaces what was declared before. */
  readonly revision: number;
  readonly terms: PoolTerms;
  readonly reserve: BudgetTerms["reserve"];
  readonly largestOfferMicros: number;
  /** How long an offer of the pool's programs may be acted upon, at most. */
  readonly offerTtlMsMax: number;
}

export class PoolAccounts {
  readonly period: Period;
  readonly account: AccountId;
  readonly money: BudgetHolder;
  readonly #parts: AccountsParts;
  /** Of every volume that was limited since this replica opened the period: a lease that is closed cannot be opened again. */
  readonly #counters = new Map<string, BudgetHolder>();
  #volumes: ReadonlyMap<string, BudgetHolder> = new Map();
  #declared: PoolDeclaration;

  constructor(parts: AccountsParts, period: Period, declared: PoolDeclaration) {
    this.#parts = parts;
    this.period = period;
    this.account = { budget: declared.pool, period: period.id };
    this.#declared = declared;
    this.money = holderOf(parts, {
      account: this.account,
      terms: moneyTerms(declared),
      kind: "reserved",
      largestOffer: () => this.#declared.largestOfferMicros,
    });
  }

  /** By name: `action:<id>`, `channel:<channel>`. */
  get volumes(): ReadonlyMap<string, BudgetHolder> {
    return this.#volumes;
  }

  start(): void {
    this.money.start();
    this.#limitVolumes();
  }

  /** Amounts and limits hold from the next exchange on. A volume that was not limited before is counted from now. */
  change(declared: PoolDeclaration): void {
    this.#declared = declared;
    this.money.change(moneyTerms(declared));
    this.#limitVolumes();
  }

  /** Reports and returns everything, after the last decision was logged. */
  async close(): Promise<void> {
    await Promise.all([this.money, ...this.#counters.values()].map((holder) => holder.close()));
  }

  #limitVolumes(): void {
    this.#volumes = new Map(
      Object.entries(this.#declared.terms.volumes).map(([volume, max]) => [volume, this.#counterOf(volume, max)]),
    );
  }

  #counterOf(volume: string, max: number): BudgetHolder {
    const terms = volumeTerms(this.#declared, max);
    const known = this.#counters.get(volume);
    known?.change(terms);
    return known ?? this.#count(volume, terms);
  }

  #count(volume: string, terms: BudgetTerms): BudgetHolder {
    const account = { ...this.account, period: `${this.account.period}#${volume}` };
    const counter = holderOf(this.#parts, { account, terms, kind: "counted", largestOffer: () => 1 });
    this.#counters.set(volume, counter);
    counter.start();
    return counter;
  }
}

function holderOf(
  { ledger, book, history, timer, observer }: AccountsParts,
  options: Pick<ConstructorParameters<typeof BudgetLease>[0], "account" | "terms" | "kind" | "largestOffer">,
): BudgetHolder {
  const lease = new BudgetLease({ ...options, ledger, book, history, now: () => timer.now() });
  return new BudgetHolder(lease, timer, observer);
}

function moneyTerms({ revision, terms, reserve }: PoolDeclaration): BudgetTerms {
  const { amountMicros: amount, settleWithinMs: graceMs } = terms;
  return { revision, amount, reserve, graceMs, leaseTtlMs: LEASE_TTL_MS };
}

function volumeTerms({ revision }: PoolDeclaration, max: number): BudgetTerms {
  return { revision, amount: max, reserve: "max", graceMs: 0, leaseTtlMs: LEASE_TTL_MS };
}
