/**
 * Hours: while clocks show one hour of one date at one offset from UTC. A change of clocks ends an hour,
 * so that the hour clocks show twice is two, told apart by their offsets, and where they change by half
 * an hour (Lord Howe Island) there are hours of 30 minutes.
 */
import { Temporal } from "temporal-polyfill";
import { invariant } from "../../core/errors.ts";
import type { Period } from "../../core/domain/period.ts";

const HOUR_MS = 3_600_000;

export interface HourTile {
  readonly period: Period;
  /** Hours since Monday 00:00, 0 to 167. */
  readonly hourOfWeek: number;
}

export function hourTile(timeZone: string, atMs: number): HourTile {
  const shown = zoned(timeZone, atMs);
  const sinceMs = mod(atMs + shown.offsetNanoseconds / 1e6, HOUR_MS);
  const fromMs = atMs - sinceMs;
  const untilMs = fromMs + HOUR_MS;
  const hour = String(shown.hour).padStart(2, "0");
  return {
    period: {
      id: `${shown.toPlainDate().toString()}T${hour}${shown.offset}@${timeZone}`,
      startMs: sameOffset(shown, zoned(timeZone, fromMs)) ? fromMs : changeOf(shown, "previous"),
      endMs: sameOffset(shown, zoned(timeZone, untilMs - 1)) ? untilMs : changeOf(shown, "next"),
    },
    hourOfWeek: 24 * (shown.dayOfWeek - 1) + shown.hour,
  };
}

function zoned(timeZone: string, atMs: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
}

function sameOffset(a: Temporal.ZonedDateTime, b: Temporal.ZonedDateTime): boolean {
  return a.offsetNanoseconds === b.offsetNanoseconds;
}

/** The change of clocks before this instant (or at it), or after it. */
function changeOf(shown: Temporal.ZonedDateTime, direction: "previous" | "next"): number {
  // "previous" leaves out a change at the very instant, which starts the hour as well.
  const from = direction === "previous" ? shown.add({ milliseconds: 1 }) : shown;
  const change = from.getTimeZoneTransition(direction);
  invariant(change !== null, "clocks change between two instants of different offsets");
  return change.epochMilliseconds;
}

/** The remainder that is never negative. */
function mod(dividend: number, divisor: number): number {
  return ((dividend % divisor) + divisor) % divisor;
}
