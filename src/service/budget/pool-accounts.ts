/**
 * A pool's accounts in one period on this replica: its money, the offers of each limited volume, and what each
 * program may spend on exploration.
 */
import type { LeaseBook, Ledger, SpendingHistory } from "../../core/budget-ports.ts";
import {
  type AccountId,
  type BudgetTerms,
  type LeaseHolder,
  partsOf,
  volumeAccount,
} from "../../core/domain/budget.ts";
import type { PoolTerms } from "../../core/domain/funding.ts";
import type { Program } from "../../core/domain/program.ts";
import type { Period } from "../../core/domain/period.ts";
import { BudgetHolder, type BudgetObserver, type Timer } from "./budget-holder.ts";
import { BudgetLease, type BudgetLeaseOptions } from "./budget-lease.ts";

/** A replica that cannot reach the ledger stops paying so soon; a ledger that may have forgotten grants waits as long. */
const LEASE_TTL_MS = 3_000;

/** Replaces no terms that are there. */
const REVISION_MIN = 1;

export interface LeaseParts {
  readonly ledger: Ledger;
  readonly book: LeaseBook;
  readonly history: SpendingHistory;
  readonly timer: Timer;
  /** Milliseconds since 1970 that no change of the wall clock moves: see `steadyClock`. */
  readonly clock: () => number;
  readonly observer: BudgetObserver;
}

export interface AccountsParts extends LeaseParts {
  /** How many times what was declared as the largest an offer may be charged, as it turns out to cost more. ≥ 1. */
  readonly dearness: () => number;
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
  /** All that draw on the pool, its own among them. */
  readonly programs: readonly Program[];
  readonly explorations: readonly ExplorationTerms[];
}

/** What one program may spend on exploration in a period, in whole micros. */
export interface ExplorationTerms {
  /** The name of its account: `exploration:<program>`. */
  readonly volume: string;
  /** A higher one replaces what was declared before. */
  readonly revision: number;
  readonly amountMicros: number;
  readonly largestOfferMicros: number;
}

export class PoolAccounts {
  readonly period: Period;
  readonly account: AccountId;
  readonly money: BudgetHolder;
  readonly #parts: AccountsParts;
  /** Of every volume, exploration included, that was limited since this replica opened the period: a lease that is closed cannot be opened again. */
  readonly #counters = new Map<string, BudgetHolder>();
  #volumes: ReadonlyMap<string, BudgetHolder> = new Map();
  #explorations: ReadonlyMap<string, BudgetHolder> = new Map();
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
      largestOffer: () => this.#charged(this.#declared.largestOfferMicros),
    });
  }

  /** By name: `action:<id>`, `channel:<channel>`. */
  get volumes(): ReadonlyMap<string, BudgetHolder> {
    return this.#volumes;
  }

  /** By name: `exploration:<program>`, for programs that set money aside for it. */
  get explorations(): ReadonlyMap<string, BudgetHolder> {
    return this.#explorations;
  }

  start(): void {
    this.money.start();
    this.#limit();
  }

  /** Amounts and limits hold from the next exchange on. A volume that was not limited before is counted from now. */
  change(declared: PoolDeclaration): void {
    this.#declared = declared;
    this.money.change(moneyTerms(declared));
    this.#limit();
  }

  /** The operator's word that a replica will not be back: its leases end. What the one on the money held, in micros. */
  async writeOff(holder: LeaseHolder): Promise<number> {
    const { ledger } = this.#parts;
    for (const { lease } of [...this.#volumes.values(), ...this.#explorations.values()])
      await ledger.writeOff(lease.account, holder);
    return await ledger.writeOff(this.account, holder);
  }

  /** Returns what is held until the terms are changed; see `BudgetHolder.rest`. */
  rest(): void {
    for (const holder of [this.money, ...this.#counters.values()]) holder.rest();
  }

  /** Reports and returns everything, after the last decision was logged. */
  async close(): Promise<void> {
    await Promise.all([this.money, ...this.#counters.values()].map((holder) => holder.close()));
  }

  #limit(): void {
    const { revision, terms, explorations } = this.#declared;
    this.#volumes = new Map(
      Object.entries(terms.volumes).map(([volume, max]) => [volume, this.#counterOf(volume, { revision, max })]),
    );
    this.#explorations = new Map(
      explorations.map((exploration) => {
        const limit = { revision: exploration.revision, max: exploration.amountMicros };
        return [exploration.volume, this.#counterOf(exploration.volume, limit)];
      }),
    );
  }

  #counterOf(volume: string, limit: Limit): BudgetHolder {
    const terms = counterTerms(limit);
    const known = this.#counters.get(volume);
    known?.change(terms);
    return known ?? this.#count(volume, terms);
  }

  /** The most that one decision may take: one offer, or the dearest that explores. */
  #largestOf(volume: string): number {
    const exploration = this.#declared.explorations.find((each) => each.volume === volume);
    return exploration === undefined ? 1 : this.#charged(exploration.largestOfferMicros);
  }

  /** A lease that does not cover what one offer is charged would never pay for it, and never be topped up. */
  #charged(largestOfferMicros: number): number {
    return Math.ceil(largestOfferMicros * this.#parts.dearness());
  }

  #count(volume: string, terms: BudgetTerms): BudgetHolder {
    const account = volumeAccount(this.account, volume);
    const largestOffer = () => this.#largestOf(volume);
    const counter = holderOf(this.#parts, { account, terms, kind: "counted", largestOffer });
    this.#counters.set(volume, counter);
    counter.start();
    return counter;
  }
}

type LeaseOptions = Pick<BudgetLeaseOptions, "account" | "terms" | "kind" | "largestOffer">;

function holderOf(parts: LeaseParts, options: LeaseOptions): BudgetHolder {
  return new BudgetHolder(leaseOf(parts, options), parts.timer, parts.observer);
}

function leaseOf({ ledger, book, history, timer, clock }: LeaseParts, options: LeaseOptions): BudgetLease {
  return new BudgetLease({ ...options, ledger, book, history, clock, now: () => timer.now() });
}

/** Whether the account is the money or a volume of this period. */
export function isOfPeriod(account: AccountId, period: string): boolean {
  return partsOf(account).money.period === period;
}

/** What earlier lives of this replica left open on a pool's account of a period that is over is told and closed. */
export async function closePastAccount(
  parts: LeaseParts,
  account: AccountId,
  declared: PoolDeclaration,
): Promise<void> {
  const isVolume = partsOf(account).volume !== null;
  const lease = leaseOf(parts, {
    account,
    // What was declared in that period stands.
    terms: { ...moneyTerms(declared), revision: REVISION_MIN },
    kind: isVolume ? "counted" : "reserved",
    largestOffer: () => 1,
  });
  await lease.closeEarlierLives();
}

function moneyTerms({ revision, terms, reserve }: PoolDeclaration): BudgetTerms {
  const { amountMicros: amount, settleWithinMs: graceMs } = terms;
  return { revision, amount, reserve, graceMs, leaseTtlMs: LEASE_TTL_MS };
}

interface Limit {
  readonly revision: number;
  readonly max: number;
}

function counterTerms({ revision, max }: Limit): BudgetTerms {
  return { revision, amount: max, reserve: "max", graceMs: 0, leaseTtlMs: LEASE_TTL_MS };
}
