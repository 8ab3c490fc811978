/**
 * Opens a period for its prices: with the demand and the arrivals by hour of the week that the period before it
 * knew. The first replica to come carries them over; all others begin with what it published.
 */
import { OpeningDocument, PricesDocument } from "../../contract/pacing-documents.ts";
import type { PacingBoard } from "../../core/budget-ports.ts";
import type { AccountId } from "../../core/domain/budget.ts";
import type { Pacing } from "../../core/domain/decision.ts";
import type { Period as CalendarPeriod, PeriodRule } from "../../core/domain/period.ts";
import {
  type ArrivalForecast,
  forecastArrivals,
  HOUR_MS,
  learnArrivals,
  type Period,
} from "../../core/pacing/arrival-forecast.ts";
import { PRICE_MAX } from "../../core/pacing/efficiency-histogram.ts";
import { arrivalsByHour, type EpochPrices, openPeriod, pacingOf } from "../../core/pacing/pacer.ts";
import { added, type Sums } from "../../core/pacing/sums.ts";
import type { Calendar } from "../../core/ports.ts";

export interface PricePeriodParts {
  readonly board: PacingBoard;
  readonly calendar: Calendar;
}

/** A period of a pool, in which prices are wanted now. */
export interface PeriodOfPool {
  readonly account: AccountId;
  readonly rule: PeriodRule;
  readonly period: CalendarPeriod;
  readonly atMs: number;
}

/** What this replica knows of the prices of one period. */
export interface PricePeriod {
  readonly account: AccountId;
  /** The demand that the period before knew. */
  readonly carried: Sums;
  readonly forecast: ArrivalForecast;
  /** As last published. */
  prices: EpochPrices | null;
  /** The same, as decisions take them. */
  pacing: Pacing;
}

/** Until something is known nothing is worth its price. */
export const UNPRICED: Pacing = { epoch: 0, lambda: PRICE_MAX, mu: {}, rho: 0, inPeriod: null };

/** @throws LiftgateError `ledger_unavailable` */
export async function openPricePeriod(parts: PricePeriodParts, wanted: PeriodOfPool): Promise<PricePeriod> {
  const { account, rule, period } = wanted;
  const opening = await openingOf(parts, wanted);
  const hours = hoursOf(parts.calendar, rule, countedIn(period, opening));
  const standing = await parts.board.read(account, "prices");
  const prices = standing === null ? null : PricesDocument.parse(JSON.parse(standing.body));
  return {
    account,
    carried: opening.sums,
    forecast: forecastArrivals(hours, opening.history),
    prices,
    pacing: prices === null ? UNPRICED : pacingOf(prices),
  };
}

async function openingOf(parts: PricePeriodParts, { account, rule, period, atMs }: PeriodOfPool) {
  const { board, calendar } = parts;
  const standing = await board.read(account, "opening");
  if (standing !== null) return OpeningDocument.parse(JSON.parse(standing.body));
  const before = rule.kind === "calendar" ? calendar.periodAt(rule, period.startMs - 1) : null;
  const opening = before === null ? null : await carriedOver(parts, { ...account, period: before.id }, rule, before);
  const published = await board.publish(account, {
    name: "opening",
    rank: 0,
    body: JSON.stringify(opening ?? { openedAtMs: atMs, sums: {}, history: null }),
  });
  return OpeningDocument.parse(JSON.parse(published.body));
}

/** What the period before knew; null when nobody counted in it. */
async function carriedOver(
  { board, calendar }: PricePeriodParts,
  account: AccountId,
  rule: PeriodRule,
  period: CalendarPeriod,
): Promise<OpeningDocument | null> {
  const standing = await board.read(account, "opening");
  if (standing === null) return null;
  const before = OpeningDocument.parse(JSON.parse(standing.body));
  const sums = added(before.sums, await board.add(account, {}));
  const hours = hoursOf(calendar, rule, countedIn(period, before));
  return {
    openedAtMs: period.endMs,
    sums: openPeriod({ sums, prices: null }).sums,
    history: learnArrivals(before.history, hours, arrivalsByHour(sums, hours)),
  };
}

/** The part of a period in which arrivals were counted: all of it, unless nothing was known when it began. */
function countedIn({ startMs, endMs }: CalendarPeriod, { openedAtMs }: OpeningDocument) {
  return { startMs: Math.max(startMs, openedAtMs), endMs };
}

/** The hour of the week of every elapsed hour. */
function hoursOf(
  calendar: Calendar,
  rule: PeriodRule,
  { startMs, endMs }: Pick<CalendarPeriod, "startMs" | "endMs">,
): Period {
  const timeZone = rule.kind === "calendar" ? rule.timeZone : "UTC";
  const hours = new Array<number>(Math.ceil((endMs - startMs) / HOUR_MS));
  const hourAt = (elapsed: number): number => calendar.hourOfWeek(timeZone, startMs + elapsed * HOUR_MS);
  for (let from = 0; from < hours.length; from += HOURS_A_WEEK) {
    fillHours(hours, { from, to: Math.min(from + HOURS_A_WEEK, hours.length) }, hourAt);
  }
  return { startMs, endMs, hours };
}

const HOURS_A_WEEK = 168;

/**
 * The hours from `from` up to, and without, `to`. Where clocks do not change in between, the hours follow each
 * other and the first tells the others: a calendar takes some 30 µs for one, and a year has 8,760.
 */
function fillHours(
  hours: number[],
  { from, to }: { readonly from: number; readonly to: number },
  hourAt: (elapsed: number) => number,
): void {
  const first = hourAt(from);
  if (hourAt(to - 1) === (first + to - 1 - from) % HOURS_A_WEEK) {
    for (let hour = from; hour < to; hour++) hours[hour] = (first + hour - from) % HOURS_A_WEEK;
    return;
  }
  const middle = Math.floor((from + to) / 2);
  fillHours(hours, { from, to: middle }, hourAt);
  fillHours(hours, { from: middle, to }, hourAt);
}
