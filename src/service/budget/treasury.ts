/**
 * The money of all programs on this replica: a pool for each program that declares one, and for every program
 * what it may spend of its pool at the moment of a decision.
 */
import type { BudgetAnswer } from "../../contract/budget.ts";
import type { Program } from "../../core/domain/program.ts";
import type { LeaseHolder } from "../../core/domain/budget.ts";
import type { KnownDecision } from "../../core/domain/known-decision.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import type { PoolTerms } from "../../core/domain/funding.ts";
import { explorationVolume } from "../../core/domain/resource.ts";
import { MICROS_PER_UNIT, wholeMicros } from "../../core/domain/money.ts";
import { type Funds, type Moment, WITHOUT_BUDGET } from "../funds.ts";
import { reportOf } from "./budget-report.ts";
import { Pool, type PoolParts } from "./pool.ts";
import type { ExplorationTerms, PoolDeclaration } from "./pool-accounts.ts";
import { ProgramFunds, uncovered } from "./program-funds.ts";

/** An offer without a maxCost may be expected to cost up to this share of the amount; above it is not made. */
const UNBOUNDED_OFFER_SHARE = 1 / 50;

export interface TreasuryParts extends Omit<PoolParts, "turned"> {
  /** After each epoch of a pool: what is known of it, for metrics. */
  readonly reported: (report: BudgetAnswer) => void;
}

export class Treasury implements Funds {
  readonly #parts: TreasuryParts;
  #pools: ReadonlyMap<string, Pool> = new Map();
  /** Pools whose program is gone: a lease on an account cannot be opened a second time. */
  readonly #resting = new Map<string, Pool>();
  #funds: ReadonlyMap<string, ProgramFunds> = new Map();

  constructor(parts: TreasuryParts) {
    this.#parts = parts;
  }

  at(program: Program): Moment {
    if (program.funding === null) return WITHOUT_BUDGET;
    const funds = this.#funds.get(program.id);
    if (funds === undefined) return withoutMoney(program);
    // A request that began before a reload is decided by the program it began with.
    return funds.program === program ? funds.refresh() : this.#fundsFor(program, funds.pool).refresh();
  }

  /** An outcome found its decision: the prices of offers to come learn from what this one cost. */
  heard(outcome: OutcomeRecord, decision: KnownDecision): void {
    const account = decision.reservation?.account;
    if (account !== undefined) this.#pools.get(account.slice(0, account.indexOf("/")))?.costs.heard(outcome, decision);
  }

  /** null for a program without a budget, or without a pool. */
  report(programId: string): BudgetAnswer | null {
    const funds = this.#funds.get(programId);
    return funds === undefined ? null : reportOf(funds.program, funds.pool);
  }

  /**
   * Ends the leases of a replica that will not be back, in the present period. What returned, in units of the
   * currency; null for a program without a budget, or without a pool.
   *
   * @throws LiftgateError `ledger_unavailable`
   */
  async writeOff(programId: string, holder: LeaseHolder): Promise<number | null> {
    const funds = this.#funds.get(programId);
    if (funds === undefined) return null;
    return ((await funds.pool.current()?.writeOff(holder)) ?? 0) / MICROS_PER_UNIT;
  }

  /** The programs as they are now loaded. A pool whose program is gone gives its money back, and rests until it returns. */
  adopt(programs: readonly Program[]): void {
    const before = this.#pools;
    const declared = programs.flatMap((owner) => declarationOf(owner, programs) ?? []);
    this.#pools = new Map(declared.map((each) => [each.pool, this.#poolOf(each)]));
    this.#funds = this.#fundsOf(programs);
    for (const [id, pool] of before) {
      if (this.#pools.has(id)) continue;
      this.#resting.set(id, pool);
      pool.rest();
    }
  }

  /** Gives everything back, after the last decision was logged. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values(), ...this.#resting.values()].map((pool) => pool.close()));
  }

  #poolOf(declared: PoolDeclaration): Pool {
    const known = this.#pools.get(declared.pool) ?? this.#resting.get(declared.pool);
    if (known === undefined) return this.#begin(declared);
    this.#resting.delete(declared.pool);
    known.change(declared);
    return known;
  }

  #begin(declared: PoolDeclaration): Pool {
    const turned = (pool: Pool): void => this.#tell(pool);
    const pool = new Pool({ ...this.#parts, turned }, declared);
    pool.start();
    return pool;
  }

  #tell(pool: Pool): void {
    const report = this.report(pool.declared.pool);
    if (report !== null) this.#parts.reported(report);
  }

  #fundsOf(programs: readonly Program[]): ReadonlyMap<string, ProgramFunds> {
    return new Map(
      programs.flatMap((program) => {
        const pool = program.funding === null ? undefined : this.#pools.get(program.funding.pool);
        return pool === undefined ? [] : [[program.id, this.#fundsFor(program, pool)] as const];
      }),
    );
  }

  #fundsFor(program: Program, pool: Pool): ProgramFunds {
    const { replica, life } = this.#parts.book.holder;
    return new ProgramFunds(program, pool, `${replica}/${life}`);
  }
}

/** A program whose pool is not there: nothing may be spent, and nothing offered that nobody would hold. */
function withoutMoney(program: Program): Moment {
  const explorationMicros = program.exploration.budgetShare === undefined ? null : 0;
  const nothing = { availableMicros: 0, explorationMicros, usedUp: uncovered(program) };
  return { ...WITHOUT_BUDGET, ...nothing, status: "degraded_budget" };
}

/** What the program declares of a pool of its own; null if it declares none. */
function declarationOf(owner: Program, programs: readonly Program[]): PoolDeclaration | null {
  const { funding, id, version } = owner;
  if (funding === null || funding.terms === null) return null;
  const { terms, reserve } = funding;
  const members = programs.filter((program) => program.funding?.pool === id && program.state !== "shadow");
  return {
    pool: id,
    revision: version,
    terms,
    reserve,
    largestOfferMicros: Math.max(...members.map((program) => largestOfferMicros(program, terms))),
    offerTtlMsMax: Math.max(...members.map(({ offerTtlMs }) => offerTtlMs)),
    programs: members,
    explorations: members.flatMap((program) => explorationTermsOf(program, owner, terms) ?? []),
  };
}

/** 1 or more. */
function largestOfferMicros({ actions }: Program, { amountMicros }: PoolTerms): number {
  const largest = actions
    .slice(1)
    .map(({ maxCost }) =>
      Number.isFinite(maxCost) ? wholeMicros(maxCost) : Math.ceil(amountMicros * UNBOUNDED_OFFER_SHARE),
    );
  return Math.max(1, ...largest);
}

/** Null where the program sets no money aside. */
function explorationTermsOf(program: Program, owner: Program, terms: PoolTerms): ExplorationTerms | null {
  const { budgetShare } = program.exploration;
  if (budgetShare === undefined) return null;
  return {
    volume: explorationVolume(program.id),
    // The share is the program's and the amount the owner's: a change of either is a higher one.
    revision: owner.version + program.version,
    amountMicros: Math.floor(terms.amountMicros * budgetShare),
    largestOfferMicros: largestOfferMicros(program, terms),
  };
}
