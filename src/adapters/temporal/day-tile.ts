/**
 * Days, and the longer periods that are made of them.
 *
 * A period starts at the first instant at which the zone's clocks show its first date, and ends where
 * the next one starts. So a day has 23, 24.5 or 25 hours where clocks change, starts at 01:00 where they
 * skip midnight, and is over once the next date was shown, even if clocks are then set back across
 * midnight (St. John's did so until 2011).
 */
import { Temporal } from "temporal-polyfill";
import { invariant } from "../../core/errors.ts";
import type { Period, Span } from "../../core/domain/period.ts";

export type DaySpan = Exclude<Span, "hour">;

export interface DayRule {
  readonly every: DaySpan;
  readonly timeZone: string;
}

export function dayTile({ every, timeZone }: DayRule, atMs: number): Period {
  const shown = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate();
  const first = firstDate(every, shown);
  const next = first.add(LENGTHS[every]);
  const endMs = startOf(next, timeZone);
  if (atMs < endMs) return { id: `${nameOf(every, first)}@${timeZone}`, startMs: startOf(first, timeZone), endMs };
  // Clocks were set back across midnight: the next date was shown before.
  const afterNext = startOf(next.add(LENGTHS[every]), timeZone);
  return { id: `${nameOf(every, next)}@${timeZone}`, startMs: endMs, endMs: afterNext };
}

const LENGTHS = {
  day: { days: 1 },
  week: { weeks: 1 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
} as const satisfies Record<DaySpan, object>;

function firstDate(every: DaySpan, date: Temporal.PlainDate): Temporal.PlainDate {
  switch (every) {
    case "day":
      return date;
    case "week":
      return date.subtract({ days: date.dayOfWeek - 1 });
    case "month":
      return date.with({ day: 1 });
    case "quarter":
      return date.with({ month: 3 * quarterOf(date) - 2, day: 1 });
    case "year":
      return date.with({ month: 1, day: 1 });
    default:
      return every satisfies never;
  }
}

/** By the first date of the period. */
function nameOf(every: DaySpan, first: Temporal.PlainDate): string {
  switch (every) {
    case "day":
      return first.toString();
    case "week":
      return weekName(first);
    case "month":
      return first.toString().slice(0, -"-dd".length);
    case "quarter":
      return `${first.year}-Q${quarterOf(first)}`;
    case "year":
      return String(first.year);
    default:
      return every satisfies never;
  }
}

function weekName({ yearOfWeek, weekOfYear }: Temporal.PlainDate): string {
  invariant(yearOfWeek !== undefined && weekOfYear !== undefined, "the ISO calendar numbers its weeks");
  return `${yearOfWeek}-W${String(weekOfYear).padStart(2, "0")}`;
}

function quarterOf({ month }: Temporal.PlainDate): number {
  return Math.ceil(month / 3);
}

function startOf(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime(timeZone).epochMilliseconds;
}
