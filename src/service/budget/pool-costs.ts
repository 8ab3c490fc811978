/**
 * What the offers of one pool really cost. Replicas tell the board what they offered and what was redeemed; once a day
 * (UTC) the first of them to come learns from all of it, and publishes what all price by from then on.
 *
 * Counts that were not told are lost with the process, some seconds of them, and counts whose telling was not answered
 * may be told twice: this is what prices are learned from, never what is paid. What a start finds in the outcome log is
 * not counted again.
 */
import { CostsDocument } from "../../contract/pacing-documents.ts";
import type { PacingBoard } from "../../core/budget-ports.ts";
import type { AccountId } from "../../core/domain/budget.ts";
import { timeOfId } from "../../core/domain/decision-id.ts";
import type { KnownDecision } from "../../core/domain/known-decision.ts";
import { wholeMicros } from "../../core/domain/money.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import type { Program } from "../../core/domain/program.ts";
import { allOf, COHORT_DAYS, cohortsIn, DAY_MS, dayAt } from "../../core/pacing/cost-cohorts.ts";
import { dearestBias, learnCosts, pricedBiases } from "../../core/pacing/learn-costs.ts";
import { CostTally, costsPeriodAt } from "./cost-tally.ts";
import type { PoolDeclaration } from "./pool-accounts.ts";

/** All of a month comes back with every telling. */
const TELL_EVERY_MS = 10_000;
const DOCUMENT = "costs";

/** An offer that was given: what it was expected to cost, NaN where nobody knew. In units of the currency. */
export interface GivenOffer {
  readonly decisionId: string;
  readonly program: string;
  readonly action: string;
  readonly cost: number;
  readonly fixedMicros: number;
}

export class PoolCosts {
  readonly #board: PacingBoard;
  readonly #pool: string;
  readonly #tally = new CostTally();
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #learned: CostsDocument | null = null;
  #dearness = 1;
  /** By the program's digest, of what was learned last. */
  readonly #biases = new Map<string, readonly number[] | null>();

  constructor(board: PacingBoard, pool: string) {
    this.#board = board;
    this.#pool = pool;
  }

  /** As last published; null before this replica has heard of any. */
  get learned(): CostsDocument | null {
    return this.#learned;
  }

  /** What an offer is charged of its predicted cost, by action; null while nothing is known. The same array until it changes. */
  biasesOf({ id, digest, actions }: Program): readonly number[] | null {
    const known = this.#biases.get(digest);
    if (known !== undefined) return known;
    const biases = pricedBiases(this.#learned?.programs[id], actions);
    this.#biases.set(digest, biases);
    return biases;
  }

  /** How many times its predicted cost an offer is charged at most; 1 or more. */
  get dearness(): number {
    return this.#dearness;
  }

  /** The offer's decision is in the log. */
  offered({ decisionId, program, action, cost, fixedMicros }: GivenOffer): void {
    if (Number.isNaN(cost)) return;
    const predictedMicros = wholeMicros(Math.max(cost, 0));
    this.#tally.offered({ program, action, decidedAtMs: timeOfId(decisionId) }, { predictedMicros, fixedMicros });
  }

  /** An outcome of an offer of the pool. It has the age at which it was told: so long after, a cohort is whole. */
  heard({ type, cost, receivedAt }: OutcomeRecord, { decisionId, program, action, ...decision }: KnownDecision): void {
    if (decision.cost === null || decision.reservation === null) return;
    const decidedAtMs = timeOfId(decisionId);
    const cohort = { program, action, decidedAtMs };
    if (type === "redemption")
      this.#tally.redeemed(cohort, Date.parse(receivedAt) - decidedAtMs, wholeMicros(cost ?? 0));
    if (type === "void") this.#tally.voided(cohort, decision.reservation.fixedMicros);
  }

  /**
   * Tells what was counted, and takes over what was learned today. Calls must not overlap.
   *
   * @throws LiftgateError `ledger_unavailable`: all stays, and is told the next time
   */
  async turn(declared: Pick<PoolDeclaration, "programs" | "terms">, atMs: number): Promise<void> {
    if (Math.abs(atMs - this.#toldAtMs) >= TELL_EVERY_MS) await this.tell(atMs);
    if (this.#learned?.day !== dayAt(atMs)) this.#adopt(await this.#today(declared, atMs));
  }

  /** Tells what was counted. Throws `ledger_unavailable`. */
  async tell(atMs: number): Promise<void> {
    for (const [period, sums] of this.#tally.drain()) {
      const account = this.#accountOf(period);
      await this.#board.add(account, sums);
      this.#tally.told(period);
      // A board in files is written with its documents.
      await this.#board.publish(account, { name: "told", rank: Math.floor(atMs), body: "" });
    }
    this.#toldAtMs = atMs;
  }

  #accountOf(period: string): AccountId {
    return { budget: this.#pool, period };
  }

  #adopt(learned: CostsDocument): void {
    this.#learned = learned;
    this.#biases.clear();
    this.#dearness = dearestBias(Object.values(learned.programs));
  }

  /** The first of a day to publish wins. Days ahead of the clock are those of a replica whose clock was wrong. */
  async #today({ programs, terms }: Pick<PoolDeclaration, "programs" | "terms">, atMs: number): Promise<CostsDocument> {
    const account = this.#accountOf("costs");
    const day = dayAt(atMs);
    const standing = await this.#board.read(account, DOCUMENT);
    const known = standing === null ? null : CostsDocument.parse(JSON.parse(standing.body));
    if (known !== null && (known.day === day || known.day === day + 1)) return known;
    const cohorts = cohortsIn(await this.#sums(atMs));
    const learned = programs.flatMap(({ id, offerTtlMs }) => {
      const costs = learnCosts(cohorts.get(id) ?? [], offerTtlMs + terms.settleWithinMs, atMs);
      return costs === null ? [] : [[id, costs] as const];
    });
    const body = JSON.stringify({ day, programs: Object.fromEntries(learned) });
    const rank = standing === null ? day : Math.max(day, standing.rank + 1);
    const published = await this.#board.publish(account, { name: DOCUMENT, rank, body });
    return CostsDocument.parse(JSON.parse(published.body));
  }

  /** All that replicas told of the cohorts that still count. */
  async #sums(atMs: number) {
    const days = Array.from({ length: COHORT_DAYS + 1 }, (_, ago) => costsPeriodAt(atMs - ago * DAY_MS));
    const periods = [...new Set(days)];
    return allOf(await Promise.all(periods.map((period) => this.#board.add(this.#accountOf(period), {}))));
  }
}
