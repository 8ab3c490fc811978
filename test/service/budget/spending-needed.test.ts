import { expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import type { Span, PeriodRule } from "../../../src/core/domain/period.ts";
import type { Program } from "../../../src/core/domain/program.ts";
import { spendingNeededSinceMs } from "../../../src/service/budget/spending-needed.ts";
import { programWith } from "../../support/programs.ts";

const DAY_MS = 86_400_000;
const calendar = new TemporalCalendar();

function funded(period: PeriodRule, parts: Partial<Program> = {}): Program {
  const terms = { amountMicros: 1, period, epochMs: 5_000, settleWithinMs: DAY_MS, volumes: {} };
  return programWith({ funding: { pool: "test-program", reserve: "max", terms }, offerTtlMs: DAY_MS, ...parts });
}

const every = (span: Span): PeriodRule => ({ kind: "calendar", every: span, timeZone: "UTC" });

test.each([
  {
    what: "the present month, where the last one is settled",
    rule: every("month"),
    now: "2026-11-20",
    since: "2026-11-01",
  },
  {
    what: "the month before, while its last offers may be open",
    rule: every("month"),
    now: "2026-11-03",
    since: "2026-10-01",
  },
  { what: "the whole year of a budget of a year", rule: every("year"), now: "2026-11-20", since: "2026-01-01" },
  {
    what: "a single period that just ended",
    rule: { kind: "fixed", fromMs: Date.UTC(2026, 1, 1), untilMs: Date.UTC(2026, 10, 19) } as const,
    now: "2026-11-20",
    since: "2026-02-01",
  },
  {
    what: "a single period that just began",
    rule: { kind: "fixed", fromMs: Date.UTC(2026, 10, 19), untilMs: Date.UTC(2026, 11, 1) } as const,
    now: "2026-11-20",
    since: "2026-11-19",
  },
])("$what is needed", ({ rule, now, since }) => {
  expect(spendingNeededSinceMs([funded(rule)], calendar, Date.parse(now))).toBe(Date.parse(since));
});

test("the earliest of all budgets counts, with the longest offers of all programs", () => {
  const patient = programWith({ id: "guest", offerTtlMs: 30 * DAY_MS });
  const since = spendingNeededSinceMs(
    [funded(every("day")), funded(every("month")), patient],
    calendar,
    Date.parse("2026-11-20"),
  );
  expect(since).toBe(Date.parse("2026-10-01"));
});

test("nothing is needed without budgets, nor after a single period is settled", () => {
  const over = { kind: "fixed", fromMs: 0, untilMs: Date.UTC(2026, 9, 1) } as const;
  expect(spendingNeededSinceMs([programWith(), funded(over)], calendar, Date.parse("2026-11-20"))).toBe(Infinity);
});
