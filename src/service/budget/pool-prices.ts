/**
 * The prices of one pool. What this replica sees of its programs goes to the board that all replicas share; at
 * the beginning of each epoch the first of them to close the last one publishes the prices that all decide at.
 *
 * A board that does not answer leaves the prices as they are: they are only what is worth paying for. What may
 * be paid is the ledger's. A period has prices of its own: until it has any, nothing is worth its price, as what was
 * left at the end of another says nothing of it.
 */
import { PricesDocument } from "../../contract/pacing-documents.ts";
import type { AccountId } from "../../core/domain/budget.ts";
import type { Decision, Pacing, Situation } from "../../core/domain/decision.ts";
import { elapsedHourAt, expectedShare, remainingArrivals } from "../../core/pacing/arrival-forecast.ts";
import { ARRIVALS } from "../../core/pacing/epoch-tally.ts";
import { arrivalsByHour, closeEpoch, type EpochInputs, type EpochPrices, pacingOf } from "../../core/pacing/pacer.ts";
import { added, sumOf, type Sums } from "../../core/pacing/sums.ts";
import {
  openPricePeriod,
  type PeriodOfPool,
  type PricePeriod,
  type PricePeriodParts,
  UNPRICED,
} from "./price-period.ts";
import { PeriodTally } from "./period-tally.ts";
import type { PoolDeclaration } from "./pool-accounts.ts";
import { VolumePrices, type VolumePricesParts } from "./volume-prices.ts";

export type PoolPricesParts = PricePeriodParts & VolumePricesParts;

/** The beginning of an epoch, and what is left for the rest of the period. */
export interface PriceTurn extends PeriodOfPool {
  readonly epoch: number;
  readonly remainingMicros: number;
  readonly remainingVolumes: Readonly<Record<string, number>>;
  /** λ_min of the pool's programs. */
  readonly floor: number;
}

/** What was decided, and what it took from the budget. */
export interface Seen {
  readonly decision: Decision;
  readonly chargedMicros: number;
}

/** What has come and what is expected, as of the last turn. */
export interface Arrived {
  readonly arrivals: number;
  readonly toCome: number;
  /** N̂ before the period; null without history. */
  readonly expected: number | null;
}

/** The present one, the next one, and one that a clock which is set right goes back to. */
const PERIODS_KEPT = 3;
/** Prices further ahead of the clock are those of a replica whose clock was wrong. */
const EPOCHS_AHEAD_MAX = 10;

export class PoolPrices {
  readonly #parts: PoolPricesParts;
  /** By period, the latest last. */
  readonly #tallies = new Map<string, PeriodTally>();
  /** By period: those that had a turn. */
  readonly #periods = new Map<string, PricePeriod>();
  #volumes: VolumePrices | null = null;
  /** Whose prices decisions are made at. */
  #current: PricePeriod | null = null;
  #arrived: Arrived = { arrivals: 0, toCome: Infinity, expected: null };

  constructor(parts: PoolPricesParts) {
    this.#parts = parts;
  }

  get arrived(): Arrived {
    return this.#arrived;
  }

  /** The prices of the present epoch for what is paid out of this account; null between periods. */
  pacingIn(account: AccountId | null): Pacing {
    return this.#current !== null && this.#current.account.period === account?.period ? this.#current.pacing : UNPRICED;
  }

  /** Requests are sampled where volumes are limited; those of other programs, or of other actions, from anew. */
  adopt({ programs, terms }: Pick<PoolDeclaration, "programs" | "terms">): void {
    if (Object.keys(terms.volumes).length === 0) this.#volumes = null;
    else if (this.#volumes?.samples(programs) !== true) this.#volumes = new VolumePrices(this.#parts, programs);
  }

  /** A decision in the period of this account. */
  observe({ period }: AccountId, situation: Situation, { decision, chargedMicros }: Seen): void {
    this.#tallyOf(period).observe(situation, decision, chargedMicros);
    this.#volumes?.observe(situation, decision);
  }

  /**
   * Tells the board what was seen, and takes over the prices of the epoch. Calls must not overlap.
   *
   * @throws LiftgateError `ledger_unavailable`: the prices stay, and what was seen is told the next time
   */
  async turn(turn: PriceTurn): Promise<void> {
    const { account, atMs } = turn;
    const open = await this.#enter(turn);
    const { forecast } = open;
    const sums = added(open.carried, await this.#tell(open, atMs));
    const hourly = arrivalsByHour(sums, forecast.period);
    const toCome = remainingArrivals(forecast, { share: expectedShare(forecast, atMs), hourly });
    const solvedVolumes = this.#volumes?.unpublished(account) ?? null;
    const epoch = epochAfter(open.prices, turn.epoch);
    // The ledger charges an offer to the period it was made in, whenever it is redeemed: all of it is this period's.
    const inputs = { ...turn, epoch, forecast, shareDue: 1, solvedVolumes };
    const { prices } = closeEpoch({ sums, prices: open.prices }, inputs);
    if (prices !== open.prices) await this.#publish(open, prices, solvedVolumes);
    this.#current = open;
    this.#arrived = { arrivals: sumOf(sums, ARRIVALS), toCome, expected: forecast.expected };
    this.#volumes?.refresh({ ...turn, toCome });
  }

  #tallyOf(period: string): PeriodTally {
    const known = this.#tallies.get(period);
    if (known !== undefined) return known;
    const tally = new PeriodTally();
    this.#tallies.set(period, tally);
    keepLast(this.#tallies);
    return tally;
  }

  /** What was seen in other periods is told there, before a new one begins with what the one before it knew. */
  async #enter(turn: PriceTurn): Promise<PricePeriod> {
    const { period } = turn.account;
    if (this.#current?.account.period === period) return this.#current;
    for (const other of this.#periods.values()) await this.#tell(other, turn.atMs);
    const open = this.#periods.get(period) ?? (await openPricePeriod(this.#parts, turn));
    this.#periods.delete(period);
    this.#periods.set(period, open);
    keepLast(this.#periods);
    return open;
  }

  /** Everything seen in the period since the last time; returns what all replicas have told of it. */
  async #tell({ account, forecast }: PricePeriod, atMs: number): Promise<Sums> {
    const time = { share: expectedShare(forecast, atMs), elapsedHour: elapsedHourAt(forecast.period, atMs) };
    const tally = this.#tallyOf(account.period);
    const shared = await this.#parts.board.add(account, tally.drain(time));
    tally.told();
    return shared;
  }

  /** The first to publish wins; all take over its prices. What was solved for the volumes waits until this one does. */
  async #publish(open: PricePeriod, prices: EpochPrices, solved: EpochInputs["solvedVolumes"]): Promise<void> {
    const body = JSON.stringify(prices);
    const standing = await this.#parts.board.publish(open.account, { name: "prices", rank: prices.epoch, body });
    open.prices = PricesDocument.parse(JSON.parse(standing.body));
    open.pacing = pacingOf(open.prices);
    if (standing.body === body && solved !== null) this.#volumes?.published(solved);
  }
}

/** Periods come one after the other, and the oldest go. */
function keepLast(byPeriod: Map<string, unknown>): void {
  for (const period of [...byPeriod.keys()].slice(0, -PERIODS_KEPT)) byPeriod.delete(period);
}

/**
 * Epochs are numbered by the clock. After a clock that was ahead they go on from where it was: prices that
 * nobody may replace would stay until the other clocks have caught up.
 */
function epochAfter(last: EpochPrices | null, epoch: number): number {
  return last !== null && last.epoch > epoch + EPOCHS_AHEAD_MAX ? last.epoch + 1 : epoch;
}
