import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import { type CalendarRule, SPANS, type Span } from "../../../src/core/domain/period.ts";

const SEED = 20261125;
const HOUR_MS = 3_600_000;

/** Zones whose clocks do something unusual, and some whose do not. */
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "America/Havana",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Gaza",
  "Africa/Casablanca",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Antarctica/Troll",
];

/**
 * From the published rules of the time zone database, written out by hand: at, what the period is
 * called, its first instant and that of the next.
 */
const KNOWN: readonly (readonly [Span, string, string, string, string, string])[] = [
  ["month", "Europe/Berlin", "2026-11-25T12:00Z", "2026-11", "2026-10-31T23:00Z", "2026-11-30T23:00Z"],
  // Summer time ends within the month: it starts at +02:00 and ends at +01:00.
  ["month", "Europe/Berlin", "2026-10-31T22:59:59.999Z", "2026-10", "2026-09-30T22:00Z", "2026-10-31T23:00Z"],
  ["month", "Europe/Berlin", "2026-10-31T23:00Z", "2026-11", "2026-10-31T23:00Z", "2026-11-30T23:00Z"],
  ["quarter", "America/New_York", "2026-02-10T00:00Z", "2026-Q1", "2026-01-01T05:00Z", "2026-04-01T04:00Z"],
  ["year", "Asia/Kolkata", "2026-12-31T18:29:59Z", "2026", "2025-12-31T18:30Z", "2026-12-31T18:30Z"],
  // 1 January 2027 is a Friday: ISO 8601 counts it to the last week of 2026.
  ["week", "UTC", "2027-01-01T12:00Z", "2026-W53", "2026-12-28T00:00Z", "2027-01-04T00:00Z"],
  ["week", "Europe/Berlin", "2026-01-05T00:00Z", "2026-W02", "2026-01-04T23:00Z", "2026-01-11T23:00Z"],
  // 23 and 25 hours.
  ["day", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z"],
  ["day", "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z"],
  // Half an hour of daylight saving: 24.5 and 23.5 hours.
  ["day", "Australia/Lord_Howe", "2026-04-05T00:00Z", "2026-04-05", "2026-04-04T13:00Z", "2026-04-05T13:30Z"],
  ["day", "Australia/Lord_Howe", "2026-10-04T00:00Z", "2026-10-04", "2026-10-03T13:30Z", "2026-10-04T13:00Z"],
  // Clocks skipped midnight: the day started at 01:00.
  ["day", "America/Sao_Paulo", "2018-11-04T12:00Z", "2018-11-04", "2018-11-04T03:00Z", "2018-11-05T02:00Z"],
  // Clocks went from 00:01 back to 23:01 of the day before, which stays over.
  ["day", "America/St_Johns", "2006-10-29T02:29Z", "2006-10-28", "2006-10-28T02:30Z", "2006-10-29T02:30Z"],
  ["day", "America/St_Johns", "2006-10-29T03:00Z", "2006-10-29", "2006-10-29T02:30Z", "2006-10-30T03:30Z"],
  // Samoa crossed the date line and had no 30 December.
  ["day", "Pacific/Apia", "2011-12-30T09:59Z", "2011-12-29", "2011-12-29T10:00Z", "2011-12-30T10:00Z"],
  ["day", "Pacific/Apia", "2011-12-30T10:00Z", "2011-12-31", "2011-12-30T10:00Z", "2011-12-31T10:00Z"],
  // The hour shown twice.
  ["hour", "Europe/Berlin", "2026-10-25T00:30Z", "2026-10-25T02+02:00", "2026-10-25T00:00Z", "2026-10-25T01:00Z"],
  ["hour", "Europe/Berlin", "2026-10-25T01:00Z", "2026-10-25T02+01:00", "2026-10-25T01:00Z", "2026-10-25T02:00Z"],
  // The hour skipped: 02 is not there.
  ["hour", "Europe/Berlin", "2026-03-29T00:59Z", "2026-03-29T01+01:00", "2026-03-29T00:00Z", "2026-03-29T01:00Z"],
  ["hour", "Europe/Berlin", "2026-03-29T01:00Z", "2026-03-29T03+02:00", "2026-03-29T01:00Z", "2026-03-29T02:00Z"],
  // Half of an hour shown twice, and half of one skipped.
  ["hour", "Australia/Lord_Howe", "2026-04-04T14:59Z", "2026-04-05T01+11:00", "2026-04-04T14:00Z", "2026-04-04T15:00Z"],
  ["hour", "Australia/Lord_Howe", "2026-04-04T15:00Z", "2026-04-05T01+10:30", "2026-04-04T15:00Z", "2026-04-04T15:30Z"],
  ["hour", "Australia/Lord_Howe", "2026-10-03T15:45Z", "2026-10-04T02+11:00", "2026-10-03T15:30Z", "2026-10-03T16:00Z"],
  ["hour", "Asia/Kathmandu", "2026-11-25T00:00Z", "2026-11-25T05+05:45", "2026-11-24T23:15Z", "2026-11-25T00:15Z"],
  ["hour", "UTC", "1969-12-31T23:59:59.999Z", "1969-12-31T23+00:00", "1969-12-31T23:00Z", "1970-01-01T00:00Z"],
];

describe("a calendar period", () => {
  test.for(KNOWN)("%s in %s at %s is %s", ([every, timeZone, at, name, start, end]) => {
    expect(new TemporalCalendar().periodAt({ kind: "calendar", every, timeZone }, Date.parse(at))).toEqual({
      id: `${name}@${timeZone}`,
      startMs: Date.parse(start),
      endMs: Date.parse(end),
    });
  });

  test("holds the instant it was asked for, and its neighbours start where it ends and end where it starts", () => {
    fc.assert(
      fc.property(anyRule(), anyInstant(), fc.nat(), (rule, atMs, within) => {
        const calendar = new TemporalCalendar();
        const period = calendar.periodAt(rule, atMs);
        const { startMs, endMs } = period;
        expect(startMs <= atMs && atMs < endMs).toBe(true);
        expect(new TemporalCalendar().periodAt(rule, startMs)).toEqual(period);
        expect(new TemporalCalendar().periodAt(rule, endMs - 1)).toEqual(period);
        expect(new TemporalCalendar().periodAt(rule, startMs + (within % (endMs - startMs)))).toEqual(period);
        const [before, after] = [calendar.periodAt(rule, startMs - 1), calendar.periodAt(rule, endMs)];
        expect([before.endMs, after.startMs]).toEqual([startMs, endMs]);
        expect(new Set([before.id, period.id, after.id]).size).toBe(3);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  test("does not depend on what was asked before", () => {
    const calendar = new TemporalCalendar();
    fc.assert(
      fc.property(anyRule(), anyInstant(), (rule, atMs) => {
        expect(calendar.periodAt(rule, atMs)).toEqual(new TemporalCalendar().periodAt(rule, atMs));
        expect(calendar.hourOfWeek(rule.timeZone, atMs)).toBe(new TemporalCalendar().hourOfWeek(rule.timeZone, atMs));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test("is the same object while it lasts, whoever wrote the rule", () => {
    const calendar = new TemporalCalendar();
    const at = (text: string) =>
      calendar.periodAt({ kind: "calendar", every: "month", timeZone: "Europe/Berlin" }, Date.parse(text));
    expect(at("2026-11-01T00:00Z")).toBe(at("2026-11-30T22:59Z"));
  });
});

describe("a fixed period", () => {
  const rule = {
    kind: "fixed",
    fromMs: Date.parse("2026-11-27T00:00+01:00"),
    untilMs: Date.parse("2026-12-01T00:00+01:00"),
  } as const;

  test("is there from its first instant up to, and without, its last", () => {
    const calendar = new TemporalCalendar();
    const period = { id: "2026-11-26T23:00:00Z/2026-11-30T23:00:00Z", startMs: rule.fromMs, endMs: rule.untilMs };
    expect(calendar.periodAt(rule, rule.fromMs - 1)).toBeNull();
    expect(calendar.periodAt(rule, rule.fromMs)).toEqual(period);
    expect(calendar.periodAt(rule, rule.untilMs - 1)).toBe(calendar.periodAt(rule, rule.fromMs));
    expect(calendar.periodAt(rule, rule.untilMs)).toBeNull();
  });
});

describe("the hour of the week", () => {
  test.each([
    ["2026-11-23T00:00Z", "UTC", 0],
    ["2026-11-29T23:59Z", "UTC", 167],
    ["2026-11-22T23:00Z", "Europe/Berlin", 0],
    ["2026-11-25T18:29Z", "Asia/Kolkata", 71],
    ["2026-11-25T18:30Z", "Asia/Kolkata", 72],
    // Sunday 02:00 to 03:00 is shown twice, and is one hour of the week.
    ["2026-10-25T00:30Z", "Europe/Berlin", 146],
    ["2026-10-25T01:30Z", "Europe/Berlin", 146],
    ["2026-10-25T02:00Z", "Europe/Berlin", 147],
  ])("at %s in %s is %i", (at, timeZone, hour) => {
    expect(new TemporalCalendar().hourOfWeek(timeZone, Date.parse(at))).toBe(hour);
  });

  test("is what the platform's own formatter shows", () => {
    const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), anyInstant(), (timeZone, atMs) => {
        const format = new Intl.DateTimeFormat("en", { timeZone, weekday: "short", hour: "2-digit", hourCycle: "h23" });
        const shown = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
        const expected = 24 * days.indexOf(shown["weekday"] ?? "") + Number(shown["hour"]);
        expect(new TemporalCalendar().hourOfWeek(timeZone, atMs)).toBe(expected);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe("a time zone", () => {
  test.each([...ZONES, "US/Pacific", "Asia/Calcutta", "Etc/GMT+5"])("%s is known", (timeZone) => {
    expect(new TemporalCalendar().timeZoneFault(timeZone)).toBeNull();
  });

  test.each(["", "Mars/Olympus_Mons", "+02:00", "-05", "2026-11-25T00:00[Europe/Berlin]", "Europe/Berlin ", "[UTC]"])(
    "%j is refused",
    (timeZone) => {
      expect(new TemporalCalendar().timeZoneFault(timeZone)).toBe("must be an IANA time zone, such as Europe/Berlin");
    },
  );

  test("under another spelling is refused with the right one", () => {
    expect(new TemporalCalendar().timeZoneFault("europe/berlin")).toBe("must be spelled Europe/Berlin");
  });
});

function anyRule(): fc.Arbitrary<CalendarRule> {
  return fc.record({
    kind: fc.constant("calendar" as const),
    every: fc.constantFrom(...SPANS),
    timeZone: fc.constantFrom(...ZONES),
  });
}

/** Anywhere from 1971 to 2037, half of them within hours of where summer time starts or ends in Europe or America. */
function anyInstant(): fc.Arbitrary<number> {
  const anywhere = fc.integer({ min: Date.UTC(1971), max: Date.UTC(2037) });
  const nearChange = fc
    .record({
      year: fc.integer({ min: 1996, max: 2036 }),
      day: fc.constantFrom([2, 7], [2, 14], [2, 28], [3, 4], [9, 3], [9, 25], [9, 29], [10, 4]),
      offsetMs: fc.integer({ min: -4 * 24 * HOUR_MS, max: 4 * 24 * HOUR_MS }),
    })
    .map(({ year, day: [month = 0, date = 1], offsetMs }) => Date.UTC(year, month, date) + offsetMs);
  return fc.oneof(anywhere, nearChange);
}
