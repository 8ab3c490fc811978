/**
 * A month of delayed redemptions through the real `decide()` and pacer, with the budget reserved in one of these ways:
 *
 *   naive       every offer is charged its predicted cost once, and that is that
 *   calibrated  `reserve: expected`: k = c·bias, what falls due in the month is counted; both learned on the way
 *               from a prior that is wrong (no bias, redemptions evenly over the 14 days)
 *   max         `reserve: max`: the face value is held until the offer is redeemed or expires; paced like calibrated
 */
import { decide } from "../core/decision/decide.ts";
import type { Pacing, Scores } from "../core/domain/decision.ts";
import { dueCost } from "../core/domain/due-cost.ts";
import { MICROS_PER_UNIT, wholeMicros } from "../core/domain/money.ts";
import type { Program } from "../core/domain/program.ts";
import { elapsedHourAt, expectedShare, forecastArrivals } from "../core/pacing/arrival-forecast.ts";
import { EpochTally } from "../core/pacing/epoch-tally.ts";
import {
  calibrateCosts,
  type CalibratedCosts,
  calibrationFor,
  type CostCalibration,
  liabilityWithin,
  remainingInPeriod,
  shareBy,
  shareDue,
} from "../core/pacing/liability-calibration.ts";
import { closeEpoch, merge, openPeriod, pacingOf } from "../core/pacing/pacer.ts";
import { campaignWith, scoresOf, situationOf } from "./campaign.ts";
import { DAY_MS, type DelayedWorld, EXPIRY_MS, MONTH_MS } from "./delayed-world.ts";
import { OpenOffers } from "./open-offers.ts";
import { faceOf } from "./users.ts";

export const RESERVES = ["naive", "calibrated", "max"] as const;
export type Reserve = (typeof RESERVES)[number];

const EPOCH_MS = 600_000;
const CALIBRATE_EVERY_MS = DAY_MS;
const AGES_MS = [0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14].map((days) => days * DAY_MS);
const PRIOR: CostCalibration = {
  bias: 1,
  timing: { agesMs: AGES_MS, shares: AGES_MS.map((ageMs) => ageMs / EXPIRY_MS) },
};

export interface Month {
  readonly value: number;
  /** Realized within the month. */
  readonly realizedMicros: number;
  /** Realized within the month or later. */
  readonly realizedInAllMicros: number;
  /** The most that was realized or still held at any time, of the face values. */
  readonly heldMicrosMax: number;
}

export function playMonth(world: DelayedWorld, reserve: Reserve): Month {
  const play = new MonthPlay(world, reserve);
  for (let epoch = 0; epoch * EPOCH_MS < MONTH_MS; epoch++) play.epoch(epoch);
  return play.end();
}

/** A redemption to come. */
interface Redemption {
  readonly action: number;
  readonly offeredAtMs: number;
  readonly atMs: number;
}

class MonthPlay {
  readonly #world: DelayedWorld;
  readonly #reserve: Reserve;
  readonly #program: Program;
  readonly #facesMicros: readonly number[];
  readonly #forecast;
  readonly #tally: EpochTally;
  readonly #offers = new OpenOffers(AGES_MS);
  /** What is to be redeemed, and what expires, by epoch. */
  readonly #redemptions: Redemption[][] = [];
  readonly #expiries: number[] = [];
  #costs: CalibratedCosts = { overall: PRIOR, byAction: {} };
  #board = openPeriod(null);
  #pacing: Pacing = { epoch: 0, lambda: 0, mu: {}, rho: null, inPeriod: null };
  #remainingMicros = 0;
  #arrival = 0;
  #value = 0;
  #chargedMicros = 0;
  #settledMicros = 0;
  #heldMicros = 0;
  #heldMicrosMax = 0;

  constructor(world: DelayedWorld, reserve: Reserve) {
    this.#world = world;
    this.#reserve = reserve;
    this.#program = campaignWith(world.size.actions, reserve === "max" ? "max" : "expected");
    this.#facesMicros = this.#program.actions.map((_, i) => (i === 0 ? 0 : wholeMicros(faceOf(i - 1))));
    this.#forecast = forecastArrivals(world.period, null);
    this.#tally = new EpochTally(this.#program);
  }

  epoch(epoch: number): void {
    const atMs = epoch * EPOCH_MS;
    this.#settle(epoch);
    if (this.#reserve !== "naive" && atMs % CALIBRATE_EVERY_MS === 0) {
      this.#costs = calibrateCosts(this.#offers.cohorts(), PRIOR, atMs);
    }
    this.#remainingMicros = this.#remaining(atMs);
    this.#price(epoch, atMs);
    const { atMs: arrivals } = this.#world;
    const dueShares = this.#program.actions.map(({ id }) => this.#dueShare(id, MONTH_MS - atMs));
    for (; this.#arrival < arrivals.length && (arrivals[this.#arrival] as number) < atMs + EPOCH_MS; this.#arrival++) {
      this.#decideFor(this.#arrival, dueShares);
    }
  }

  /** Plays what is still open when the month is over. */
  end(): Month {
    const realizedMicros = this.#settledMicros;
    for (let epoch = MONTH_MS / EPOCH_MS; epoch <= (MONTH_MS + EXPIRY_MS) / EPOCH_MS; epoch++) this.#settle(epoch);
    return {
      value: this.#value,
      realizedMicros,
      realizedInAllMicros: this.#settledMicros,
      heldMicrosMax: this.#heldMicrosMax,
    };
  }

  #decideFor(user: number, dueShares: readonly number[]): void {
    const scores = scoresOf(this.#world.users, user, this.#world.size.actions);
    const situation = situationOf({
      program: this.#program,
      scores,
      pacing: this.#pacing,
      availableMicros: Math.max(0, this.#reserve === "max" ? this.#unheldMicros() : this.#remainingMicros),
    });
    const decision = decide(situation);
    const { chosen } = decision;
    // What is held may be the face value; what is paced is what offers are expected to cost.
    const expectedMicros = wholeMicros(dueCost(scores.cost[chosen] as number, this.#pacing, chosen));
    this.#tally.observe(situation, decision, expectedMicros);
    this.#remainingMicros -= Math.round(expectedMicros * (dueShares[chosen] as number));
    this.#chargedMicros += expectedMicros;
    this.#value += scores.value[chosen] as number;
    if (chosen > 0) this.#offer(user, chosen, scores);
  }

  #offer(user: number, action: number, { cost }: Scores): void {
    const offeredAtMs = this.#world.atMs[user] as number;
    this.#offers.offer({ action: this.#idOf(action), atMs: offeredAtMs }, (cost[action] as number) * MICROS_PER_UNIT);
    this.#heldMicros += this.#facesMicros[action] as number;
    this.#heldMicrosMax = Math.max(this.#heldMicrosMax, this.#heldMicros + this.#settledMicros);
    const atMs = offeredAtMs + this.#world.redeemedAfterMs(user, action - 1);
    if (atMs < Infinity) (this.#redemptions[epochOf(atMs)] ??= []).push({ action, offeredAtMs, atMs });
    else {
      const expiry = epochOf(offeredAtMs + EXPIRY_MS);
      this.#expiries[expiry] = (this.#expiries[expiry] ?? 0) + (this.#facesMicros[action] as number);
    }
  }

  /** What was redeemed and what expired in the epoch before. */
  #settle(epoch: number): void {
    for (const { action, offeredAtMs, atMs } of this.#redemptions[epoch - 1] ?? []) {
      const paidMicros = this.#facesMicros[action] as number;
      this.#settledMicros += paidMicros;
      this.#heldMicros -= paidMicros;
      this.#offers.redeem({ action: this.#idOf(action), atMs: offeredAtMs }, atMs - offeredAtMs, paidMicros);
    }
    this.#heldMicros -= this.#expiries[epoch - 1] ?? 0;
  }

  #remaining(atMs: number): number {
    const amountMicros = this.#world.budgetMicros;
    if (this.#reserve === "naive") return amountMicros - this.#chargedMicros;
    const liabilityMicros = liabilityWithin(this.#costs, this.#offers.open(atMs), MONTH_MS - atMs);
    return remainingInPeriod({
      amountMicros,
      settledMicros: this.#settledMicros,
      liabilityMicros,
      paymentMicros: 0,
      z: 0,
    });
  }

  #unheldMicros(): number {
    return this.#world.budgetMicros - this.#settledMicros - this.#heldMicros;
  }

  #price(epoch: number, atMs: number): void {
    const time = { share: expectedShare(this.#forecast, atMs), elapsedHour: elapsedHourAt(this.#world.period, atMs) };
    this.#board = closeEpoch(merge(this.#board, this.#tally.drain(time)), {
      epoch,
      atMs,
      forecast: this.#forecast,
      remainingMicros: this.#remainingMicros,
      shareDue: this.#reserve === "naive" ? 1 : shareDue(this.#costs.overall, this.#forecast, atMs),
      floor: 0,
      remainingVolumes: {},
      solvedVolumes: null,
    });
    if (this.#board.prices !== null) this.#pacing = { ...pacingOf(this.#board.prices), inPeriod: this.#biases() };
  }

  /** What offers to come really cost of what is predicted, by action; null: what is predicted. */
  #biases(): Pacing["inPeriod"] {
    if (this.#reserve === "naive") return null;
    return this.#program.actions.map(({ id }) => calibrationFor(this.#costs, id).bias);
  }

  /** Which share of that falls due before the month ends. */
  #dueShare(action: string, leftMs: number): number {
    return this.#reserve === "naive" ? 1 : shareBy(calibrationFor(this.#costs, action).timing, leftMs);
  }

  #idOf(action: number): string {
    return this.#program.actions[action]?.id ?? "";
  }
}

function epochOf(atMs: number): number {
  return Math.floor(atMs / EPOCH_MS);
}
