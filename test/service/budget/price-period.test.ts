import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openFilePacingBoard } from "../../../src/adapters/file/pacing-board.ts";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import type { PeriodRule, Span } from "../../../src/core/domain/period.ts";
import { ARRIVALS, hourName } from "../../../src/core/pacing/epoch-tally.ts";
import { WEIGHT } from "../../../src/core/pacing/efficiency-histogram.ts";
import { openPricePeriod } from "../../../src/service/budget/price-period.ts";

const HOUR_MS = 3_600_000;
const calendar = new TemporalCalendar();

async function tempBoard() {
  const directory = await mkdtemp(join(tmpdir(), "board-"));
  const board = await openFilePacingBoard(directory, () => 0);
  onTestFinished(async () => {
    await board.close();
    await rm(directory, { recursive: true, force: true });
  });
  return board;
}

const berlin = (every: Span) => ({ kind: "calendar", every, timeZone: "Europe/Berlin" }) as const;

async function open(board: Awaited<ReturnType<typeof tempBoard>>, rule: PeriodRule, atMs: number) {
  const period = calendar.periodAt(rule, atMs);
  if (period === null) throw new Error("there is no period");
  return await openPricePeriod(
    { board, calendar },
    { account: { budget: "pool", period: period.id }, rule, period, atMs },
  );
}

describe("the hours of a period", () => {
  test.each([
    // Sunday is 144 to 167; at 03:00 clocks go back to 02:00, or at 02:00 on to 03:00.
    ["of 25 hours has one twice", "2026-10-24T22:00:00Z", [144, 145, 146, 146, 147], 25],
    ["of 23 hours has one less", "2027-03-27T23:00:00Z", [144, 145, 147, 148, 149], 23],
    ["of 24 hours has all", "2026-11-28T23:00:00Z", [144, 145, 146, 147, 148], 24],
  ])("a Sunday %s", async (_, startsAt, first, length) => {
    const { forecast } = await open(await tempBoard(), berlin("day"), Date.parse(startsAt));
    expect(forecast.period.hours.slice(0, 5)).toEqual(first);
    expect(forecast.period.hours.at(-1)).toBe(167);
    expect(forecast.period.hours).toHaveLength(length);
  });

  test.each<[Span, string]>([
    ["month", "2026-10-01T12:00:00Z"],
    ["year", "2026-01-01T12:00:00Z"],
    ["week", "2027-03-22T12:00:00Z"],
    ["hour", "2026-10-25T00:30:00Z"],
  ])("of a %s are those the calendar tells one by one, also from the middle of it", async (every, at) => {
    const atMs = Date.parse(at);
    const { startMs, endMs } = calendar.periodAt(berlin(every), atMs);
    const { forecast } = await open(await tempBoard(), berlin(every), atMs);
    expect(forecast.period).toMatchObject({ startMs: atMs, endMs });
    expect(startMs).toBeLessThan(atMs);
    const oneByOne = Array.from({ length: Math.ceil((endMs - atMs) / HOUR_MS) }, (_, hour) =>
      calendar.hourOfWeek("Europe/Berlin", atMs + hour * HOUR_MS),
    );
    expect(forecast.period.hours).toEqual(oneByOne);
  });
});

describe("what a period knows of the one before", () => {
  const monday = Date.parse("2026-11-22T23:00:00Z");
  const account = (day: string) => ({ budget: "pool", period: `${day}@Europe/Berlin` });

  test("is its demand, and when its requests came by hour of the week", async () => {
    const board = await tempBoard();
    const first = await open(board, berlin("day"), monday);
    expect([first.carried, first.forecast.expected]).toEqual([{}, null]);
    // 2,400 requests, all at noon.
    await board.add(account("2026-11-23"), { [ARRIVALS]: 2_400, [hourName(12)]: 2_400, [WEIGHT]: 5_000, 700: 3_000 });
    const { carried, forecast } = await open(board, berlin("day"), monday + 24 * HOUR_MS);
    // A fifth of the demand.
    expect(carried).toEqual({ [WEIGHT]: 1_000, 700: 600 });
    const shares = forecast.shares.slice(1).map((share, hour) => share - (forecast.shares[hour] ?? NaN));
    // The mean of 100 an hour counts as one hour seen: noon is (2,400 + 100)/2 = 1,250 against 50, but for what faded.
    expect((shares[12] ?? 0) / (shares[11] ?? 0)).toBeCloseTo(25, 0);
    expect(forecast.expected).toBeCloseTo(1_250 + 23 * 50, -2);
    // Tuesday's noon, as it came on Monday: by the hour of the day.
    expect(forecast.period.hours[12]).toBe(36);
  });

  test("is the same for all replicas: what the first of them found", async () => {
    const board = await tempBoard();
    await open(board, berlin("day"), monday);
    await board.add(account("2026-11-23"), { [ARRIVALS]: 100, [hourName(3)]: 100, [WEIGHT]: 100, 700: 50 });
    const one = await open(board, berlin("day"), monday + 24 * HOUR_MS);
    await board.add(account("2026-11-23"), { [ARRIVALS]: 900, [hourName(3)]: 900, [WEIGHT]: 900, 700: 999 });
    expect(await open(board, berlin("day"), monday + 25 * HOUR_MS)).toEqual(one);
  });

  test("is nothing when nobody counted in it, or when there is none before", async () => {
    const board = await tempBoard();
    const late = await open(board, berlin("day"), monday + 5 * HOUR_MS);
    expect(late).toMatchObject({
      carried: {},
      forecast: { expected: null, period: { startMs: monday + 5 * HOUR_MS } },
    });
    const rule = { kind: "fixed", fromMs: monday, untilMs: monday + 90 * 60_000 } as const;
    const fixed = await open(board, rule, monday);
    expect(fixed.forecast.shares).toEqual([0, 2 / 3, 1]);
  });
});
