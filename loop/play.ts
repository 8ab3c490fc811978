/** Plays time through the service: moves its clock, asks for a decision for everybody who came, tells what came of it. */
import type { DecideAnswer } from "../src/contract/decide.ts";
import type { Arrival } from "./arrivals.ts";
import { fateOf, type Told } from "./fate.ts";
import type { LoopService } from "./service.ts";
import { OFFERS, START_MS } from "./world.ts";

/** The clock stands so long before the end of a step, still in its own month however it is nudged. */
const BEFORE_MS = 900_000;
/** Few, so that the lease is topped up in between. */
const DECISIONS_AT_ONCE = 40;
/** The parts of an account are told in decimal money; their sum differs by rounding alone. */
const CENT = 0.01;

/** One decision of the service, as the world sees it. */
export interface Given {
  readonly arrival: Arrival;
  readonly action: string;
  readonly propensity: number;
  readonly isOrdered: boolean;
  /** Of the budget. */
  readonly period: string;
  /** What it came to cost, in USD: sending, and the voucher where it was redeemed. */
  readonly cost: number;
}

/** The budget's calendar month, as the service names it. */
export function periodAt(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2026-01".length)}@UTC`;
}

interface Playing {
  readonly seed: number;
  readonly stepMs: number;
}

export class Player {
  readonly given: Given[] = [];
  readonly #service: LoopService;
  readonly #arrivals: readonly Arrival[];
  readonly #seed: number;
  readonly #stepMs: number;
  /** What will happen, in no order. */
  #coming: Told[] = [];
  #next = 0;
  #atMs = START_MS;

  /** Decisions of so much time are asked for together, at its end. */
  constructor(service: LoopService, arrivals: readonly Arrival[], { seed, stepMs }: Playing) {
    this.#service = service;
    this.#arrivals = arrivals;
    this.#seed = seed;
    this.#stepMs = stepMs;
  }

  /** @param passed called after each step with the time and all decisions so far */
  async playUntil(endMs: number, passed: (atMs: number, decisions: number) => void): Promise<void> {
    while (this.#atMs < endMs) {
      this.#atMs = Math.min(endMs, this.#atMs + this.#stepMs);
      await this.#service.moveTo(this.#atMs - BEFORE_MS);
      await this.#tell();
      await this.#decide();
      await this.#checkMoney();
      passed(this.#atMs, this.#next);
    }
  }

  async #tell(): Promise<void> {
    const nowMs = this.#atMs - BEFORE_MS;
    const due = this.#coming.filter(({ atMs }) => atMs <= nowMs);
    this.#coming = this.#coming.filter(({ atMs }) => atMs > nowMs);
    await this.#service.tell(due.map(({ outcome }) => outcome));
  }

  async #decide(): Promise<void> {
    const start = this.#next;
    while ((this.#arrivals[this.#next]?.atMs ?? Infinity) < this.#atMs) this.#next += 1;
    for (let at = start; at < this.#next; at += DECISIONS_AT_ONCE) {
      const wave = this.#arrivals.slice(at, Math.min(this.#next, at + DECISIONS_AT_ONCE));
      const asked = wave.map(({ id, customer }) => ({ userId: customer.userId, requestId: id }));
      const answers = await this.#service.decide(asked);
      wave.forEach((arrival, i) => this.#take(arrival, answers[i]));
    }
  }

  #take(arrival: Arrival, answer: DecideAnswer | undefined): void {
    if (answer === undefined) throw new Error("expected an answer for every arrival");
    const { action, propensity, decisionId } = answer;
    // It is decided at the end of its step: nothing comes of it before.
    const told = fateOf({ ...arrival, atMs: this.#atMs }, action, decisionId, this.#seed);
    const sending = OFFERS.find(({ id }) => id === action)?.fixedCost ?? 0;
    this.given.push({
      arrival,
      action,
      propensity,
      period: periodAt(arrival.atMs),
      isOrdered: told.some(({ outcome }) => outcome.type === "reward"),
      cost: told.reduce((sum, { outcome }) => sum + (outcome.cost ?? 0), sending),
    });
    this.#coming.push(...told);
  }

  /** The account holds together at every step. */
  async #checkMoney(): Promise<void> {
    const { period, amount, settled, pending, leased, available } = await this.#service.budget();
    const whole = settled + pending + leased + available;
    if (Math.abs(whole - amount) > CENT || available < 0)
      throw new Error(`the budget of ${period?.id} does not hold together: ${whole} of ${amount} USD`);
  }
}
