/**
 * The prices of one pool. What this replica sees of its programs goes to the board that all replicas share; at
 * the beginning of each epoch the first of them to close the last one publishes the prices that all decide at.
 *
 * A board that does not answer leaves the prices as they are: they are only what is worth paying for. What may
 * be paid is the ledger's.
 */
import { OpeningDocument, PricesDocument } from "../../contract/pacing-documents.ts";
import type { PacingBoard } from "../../core/budget-ports.ts";
import type { AccountId } from "../../core/domain/budget.ts";
import type { Decision, Pacing, Situation } from "../../core/domain/decision.ts";
import type { Period as CalendarPeriod, PeriodRule } from "../../core/domain/period.ts";
import type { Program } from "../../core/domain/program.ts";
import {
  type ArrivalForecast,
  elapsedHourAt,
  expectedShare,
  forecastArrivals,
  HOUR_MS,
  learnArrivals,
  type Period,
  remainingArrivals,
} from "../../core/pacing/arrival-forecast.ts";
import { PRICE_MAX } from "../../core/pacing/efficiency-histogram.ts";
import { ARRIVALS, EpochTally } from "../../core/pacing/epoch-tally.ts";
import { arrivalsByHour, closeEpoch, type EpochPrices, openPeriod, pacingOf } from "../../core/pacing/pacer.ts";
import { added, sumOf, type Sums } from "../../core/pacing/sums.ts";
import type { Calendar } from "../../core/ports.ts";

export interface PoolPricesParts {
  readonly board: PacingBoard;
  readonly calendar: Calendar;
}

/** The beginning of an epoch, and what is left for the rest of the period. */
export interface PriceTurn {
  readonly account: AccountId;
  readonly rule: PeriodRule;
  readonly period: CalendarPeriod;
  /** The second since 1970 in which it began. */
  readonly epoch: number;
  readonly atMs: number;
  readonly remainingMicros: number;
  readonly remainingVolumes: Readonly<Record<string, number>>;
  /** λ_min of the pool's programs. */
  readonly floor: number;
}

/** What has come and what is expected, as of the last turn. */
export interface Arrived {
  readonly arrivals: number;
  readonly toCome: number;
  /** N̂ before the period; null without history. */
  readonly expected: number | null;
}

/** Until something is known nothing is worth its price. */
const UNPRICED: Pacing = { epoch: 0, lambda: PRICE_MAX, mu: {}, rho: 0, inPeriod: null };

export class PoolPrices {
  readonly #parts: PoolPricesParts;
  /** By program; a changed program begins anew. */
  readonly #tallies = new Map<string, { readonly program: Program; readonly tally: EpochTally }>();
  #open: OpenPeriod | null = null;
  /** Drained, but not known to be on the board. */
  #untold: Sums = {};
  #pacing = UNPRICED;
  #arrived: Arrived = { arrivals: 0, toCome: Infinity, expected: null };

  constructor(parts: PoolPricesParts) {
    this.#parts = parts;
  }

  /** The prices of the present epoch. */
  get pacing(): Pacing {
    return this.#pacing;
  }

  get arrived(): Arrived {
    return this.#arrived;
  }

  observe(situation: Situation, decision: Decision, chargedMicros: number): void {
    this.#tallyOf(situation.program).observe(situation, decision, chargedMicros);
  }

  /**
   * Tells the board what was seen, and takes over the prices of the epoch. Calls must not overlap.
   *
   * @throws LiftgateError `ledger_unavailable`: the prices stay, and what was seen is told the next time
   */
  async turn(turn: PriceTurn): Promise<void> {
    const open = await this.#openFor(turn);
    this.#drain(open, turn.atMs);
    const shared = await this.#parts.board.add(turn.account, this.#untold);
    this.#untold = {};
    const sums = added(open.opening.sums, shared);
    const prices = await this.#publish(turn, closeEpoch({ sums, prices: open.prices }, epochInputs(open, turn)).prices);
    open.prices = prices;
    this.#pacing = pacingOf(prices);
    const share = expectedShare(open.forecast, turn.atMs);
    const hourly = arrivalsByHour(sums, open.forecast.period);
    const toCome = remainingArrivals(open.forecast, { share, hourly });
    this.#arrived = { arrivals: sumOf(sums, ARRIVALS), toCome, expected: open.forecast.expected };
  }

  #tallyOf(program: Program): EpochTally {
    const known = this.#tallies.get(program.id);
    if (known?.program.digest === program.digest) return known.tally;
    const tally = new EpochTally(program);
    this.#tallies.set(program.id, { program, tally });
    return tally;
  }

  #drain({ forecast }: OpenPeriod, atMs: number): void {
    const time = { share: expectedShare(forecast, atMs), elapsedHour: elapsedHourAt(forecast.period, atMs) };
    for (const { tally } of this.#tallies.values()) this.#untold = added(this.#untold, tally.drain(time));
  }

  async #publish({ account, epoch }: PriceTurn, prices: EpochPrices): Promise<EpochPrices> {
    const standing = await this.#parts.board.publish(account, {
      name: "prices",
      rank: epoch,
      body: JSON.stringify(prices),
    });
    return PricesDocument.parse(JSON.parse(standing.body));
  }

  /** The first to come in a period carries over what the one before it knew. */
  async #openFor(turn: PriceTurn): Promise<OpenPeriod> {
    if (this.#open?.account.period === turn.account.period) return this.#open;
    const { board } = this.#parts;
    const opening = await this.#openingOf(turn);
    const period = this.#hoursOf(turn.rule, countedIn(turn.period, opening));
    const standing = await board.read(turn.account, "prices");
    this.#open = {
      account: turn.account,
      opening,
      forecast: forecastArrivals(period, opening.history),
      prices: standing === null ? null : PricesDocument.parse(JSON.parse(standing.body)),
    };
    return this.#open;
  }

  async #openingOf({ account, rule, period, atMs }: PriceTurn): Promise<OpeningDocument> {
    const { board, calendar } = this.#parts;
    const standing = await board.read(account, "opening");
    if (standing !== null) return OpeningDocument.parse(JSON.parse(standing.body));
    const before = rule.kind === "calendar" ? calendar.periodAt(rule, period.startMs - 1) : null;
    const opening = before === null ? null : await this.#carriedOver({ ...account, period: before.id }, rule, before);
    const published = await board.publish(account, {
      name: "opening",
      rank: 0,
      body: JSON.stringify(opening ?? { openedAtMs: atMs, sums: {}, history: null }),
    });
    return OpeningDocument.parse(JSON.parse(published.body));
  }

  /** What the period before knew; null when nobody counted in it. */
  async #carriedOver(account: AccountId, rule: PeriodRule, period: CalendarPeriod): Promise<OpeningDocument | null> {
    const { board } = this.#parts;
    const standing = await board.read(account, "opening");
    if (standing === null) return null;
    const before = OpeningDocument.parse(JSON.parse(standing.body));
    const sums = added(before.sums, await board.add(account, {}));
    const hours = this.#hoursOf(rule, countedIn(period, before));
    return {
      openedAtMs: period.endMs,
      sums: openPeriod({ sums, prices: null }).sums,
      history: learnArrivals(before.history, hours, arrivalsByHour(sums, hours)),
    };
  }

  /** The hour of the week of every elapsed hour. */
  #hoursOf(rule: PeriodRule, { startMs, endMs }: Pick<CalendarPeriod, "startMs" | "endMs">): Period {
    const timeZone = rule.kind === "calendar" ? rule.timeZone : "UTC";
    const elapsed = Math.ceil((endMs - startMs) / HOUR_MS);
    const hours = Array.from({ length: elapsed }, (_, i) =>
      this.#parts.calendar.hourOfWeek(timeZone, startMs + i * HOUR_MS),
    );
    return { startMs, endMs, hours };
  }
}

interface OpenPeriod {
  readonly account: AccountId;
  readonly opening: OpeningDocument;
  readonly forecast: ArrivalForecast;
  /** As last published. */
  prices: EpochPrices | null;
}

/** The part of a period in which arrivals were counted: all of it, unless nothing was known when it began. */
function countedIn({ startMs, endMs }: CalendarPeriod, { openedAtMs }: OpeningDocument) {
  return { startMs: Math.max(startMs, openedAtMs), endMs };
}

function epochInputs({ forecast }: OpenPeriod, turn: PriceTurn) {
  const { epoch, atMs, remainingMicros, remainingVolumes, floor } = turn;
  return { epoch, atMs, forecast, remainingMicros, shareDue: 1, floor, remainingVolumes, solvedVolumes: null };
}
