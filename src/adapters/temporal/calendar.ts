/**
 * Periods by time zone, computed with Temporal. Each rule's latest period is kept, so that asking again
 * within it is a comparison; computing one takes some 30 µs.
 */
import { Temporal } from "temporal-polyfill";
import type { CalendarRule, FixedRule, Period, PeriodRule, Span } from "../../core/domain/period.ts";
import type { Calendar } from "../../core/ports.ts";
import { dayTile } from "./day-tile.ts";
import { type HourTile, hourTile } from "./hour-tile.ts";

/** Names that start so are offsets such as `+02:00`: they know no daylight saving. */
const OFFSET = /^[+-]/;

export class TemporalCalendar implements Calendar {
  /** By span, then by time zone: a lookup joins no strings. */
  readonly #latest: Readonly<Record<Span, Map<string, Period>>> = {
    hour: new Map(),
    day: new Map(),
    week: new Map(),
    month: new Map(),
    quarter: new Map(),
    year: new Map(),
  };
  readonly #hours = new Map<string, HourTile>();
  readonly #fixed = new WeakMap<FixedRule, Period>();

  timeZoneFault(timeZone: string): string | null {
    const name = canonicalName(timeZone);
    if (name === null || OFFSET.test(name)) return "must be an IANA time zone, such as Europe/Berlin";
    // One zone under two spellings would be two budgets.
    return name === timeZone ? null : `must be spelled ${name}`;
  }

  periodAt(rule: CalendarRule, atMs: number): Period;
  periodAt(rule: PeriodRule, atMs: number): Period | null;
  periodAt(rule: PeriodRule, atMs: number): Period | null {
    if (rule.kind === "calendar") return this.#calendarPeriod(rule, atMs);
    if (atMs < rule.fromMs || atMs >= rule.untilMs) return null;
    return this.#fixedPeriod(rule);
  }

  hourOfWeek(timeZone: string, atMs: number): number {
    return this.#hour(timeZone, atMs).hourOfWeek;
  }

  #calendarPeriod({ every, timeZone }: CalendarRule, atMs: number): Period {
    const periods = this.#latest[every];
    const latest = periods.get(timeZone);
    if (latest !== undefined && atMs >= latest.startMs && atMs < latest.endMs) return latest;
    const period = every === "hour" ? this.#hour(timeZone, atMs).period : dayTile({ every, timeZone }, atMs);
    periods.set(timeZone, period);
    return period;
  }

  #hour(timeZone: string, atMs: number): HourTile {
    const latest = this.#hours.get(timeZone);
    if (latest !== undefined && atMs >= latest.period.startMs && atMs < latest.period.endMs) return latest;
    const tile = hourTile(timeZone, atMs);
    this.#hours.set(timeZone, tile);
    return tile;
  }

  #fixedPeriod(rule: FixedRule): Period {
    const known = this.#fixed.get(rule);
    if (known !== undefined) return known;
    const period = {
      id: `${instantText(rule.fromMs)}/${instantText(rule.untilMs)}`,
      startMs: rule.fromMs,
      endMs: rule.untilMs,
    };
    this.#fixed.set(rule, period);
    return period;
  }
}

/** The name as the time zone database spells it, or null. Text with more in it than a name is not one. */
function canonicalName(timeZone: string): string | null {
  if (timeZone.includes("[")) return null;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone).timeZoneId;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function instantText(atMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toString();
}
