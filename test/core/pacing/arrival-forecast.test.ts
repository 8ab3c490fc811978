import { describe, expect, it } from "vitest";
import {
  elapsedHourAt,
  expectedShare,
  forecastArrivals,
  learnArrivals,
  type Period,
  remainingArrivals,
} from "../../../src/core/pacing/arrival-forecast.ts";

const HOUR = 3_600_000;

/** A day from midnight on the first day of the week. */
const day: Period = { startMs: 0, endMs: 24 * HOUR, hours: Array.from({ length: 24 }, (_, hour) => hour) };
const noonOnly = day.hours.map((hour) => (hour === 12 ? 240 : 0));

describe("the forecast of arrivals", () => {
  it("is even without history, also in an hour that is cut short", () => {
    const forecast = forecastArrivals({ startMs: 1000, endMs: 1000 + 1.5 * HOUR, hours: [7, 8] }, null);
    expect(forecast.expected).toBeNull();
    const at = (hours: number) => expectedShare(forecast, 1000 + hours * HOUR);
    expect([at(-1), at(0), at(0.75), at(1.25), at(1.5), at(9)]).toEqual([
      0,
      0,
      0.5,
      expect.closeTo(1.25 / 1.5, 12),
      1,
      1,
    ]);
  });

  it("follows the hours of the week as they were seen", () => {
    // Many weeks of days on which all came at noon; hour 12 of the week has 240 an hour, the others nothing.
    const weeks = {
      arrivals: [...noonOnly, ...Array.from({ length: 144 }, () => 0)].map((n) => n * 1e6),
      hours: Array.from({ length: 168 }, () => 1e6),
    };
    const forecast = forecastArrivals(day, weeks);
    expect(forecast.expected).toBeCloseTo(240, 2);
    expect([11.99, 12.5, 13].map((hour) => expectedShare(forecast, hour * HOUR))).toEqual([
      expect.closeTo(0, 4),
      expect.closeTo(0.5, 4),
      expect.closeTo(1, 4),
    ]);
  });

  it("judges hours of the week that were never seen by their hour of the day", () => {
    const history = learnArrivals(null, day, noonOnly);
    const nextDay = { startMs: day.endMs, endMs: 2 * day.endMs, hours: day.hours.map((hour) => hour + 24) };
    const forecast = forecastArrivals(nextDay, history);
    // 240 in 24 hours is 10 an hour; noon was seen once: (240 + 10)/2 = 125; the others (0 + 10)/2 = 5.
    expect(forecast.expected).toBeCloseTo(125 + 23 * 5, 9);
    expect(expectedShare(forecast, day.endMs + 12 * HOUR)).toBeCloseTo((12 * 5) / 240, 9);
  });

  it("forgets half of what it has learned in four weeks", () => {
    const once = learnArrivals(null, day, noonOnly);
    const later = { startMs: 0, endMs: 28 * day.endMs, hours: Array.from({ length: 28 * 24 }, (_, i) => i % 168) };
    const { arrivals, hours } = learnArrivals(once, later, []);
    expect([arrivals[12], hours[12]]).toEqual([120, 4.5]);
  });

  it("knows nothing from a history without arrivals", () => {
    expect(forecastArrivals(day, learnArrivals(null, day, [])).expected).toBeNull();
  });

  it("takes a day of 25 hours for what it is: the hour that came twice counts twice", () => {
    const long = { startMs: 0, endMs: 25 * HOUR, hours: [0, 1, 2, 2, ...day.hours.slice(3)] };
    const { arrivals, hours } = learnArrivals(null, long, [1, 1, 30, 50]);
    expect([arrivals[2], hours[2]]).toEqual([80, 2]);
    expect([elapsedHourAt(long, 3.5 * HOUR), elapsedHourAt(long, -1), elapsedHourAt(long, 99 * HOUR)]).toEqual([
      3, 0, 24,
    ]);
  });
});

describe("the arrivals still to come", () => {
  const forecast = forecastArrivals(day, {
    arrivals: Array.from({ length: 168 }, () => 100 * 1e6),
    hours: Array.from({ length: 168 }, () => 1e6),
  });
  const evenly = (perHour: number, hours: number) =>
    Array.from({ length: 24 }, (_, hour) => (hour < hours ? perHour : 0));

  it("are the forecast's when what has come is what was forecast", () => {
    expect(forecast.expected).toBeCloseTo(2400, 6);
    expect(remainingArrivals(forecast, { share: 0.25, hourly: evenly(100, 6) })).toBeCloseTo(1800, 6);
    expect(remainingArrivals(forecast, { share: 0, hourly: [] })).toBeCloseTo(2400, 6);
    expect(remainingArrivals(forecast, { share: 1, hourly: evenly(100, 24) })).toBe(0);
  });

  it("follow a volume that is evenly higher: (seen + κ)/(N̂F + κ) with κ = 0.05·N̂", () => {
    const expected = (2400 * 0.75 * (840 + 120)) / (600 + 120);
    expect(remainingArrivals(forecast, { share: 0.25, hourly: evenly(140, 6) })).toBeCloseTo(expected, 6);
  });

  it("follow a burst less than an even rise of the same size", () => {
    const burst = evenly(100, 6).with(2, 340);
    const even = remainingArrivals(forecast, { share: 0.25, hourly: evenly(140, 6) });
    // κ/N̂ = Σ(n_h/N̂ − F_h·1.4)²/(F·0.04): five hours of 100 and one of 340 against 140.
    const scatter = (5 * (40 / 2400) ** 2 + (200 / 2400) ** 2) / (0.25 * 0.04);
    const kappa = 2400 * scatter;
    const expected = (2400 * 0.75 * (840 + kappa)) / (600 + kappa);
    expect(remainingArrivals(forecast, { share: 0.25, hourly: burst })).toBeCloseTo(expected, 6);
    expect(expected).toBeLessThan(even);
    expect(expected).toBeGreaterThan(1800);
  });

  it("without history are what has come, extrapolated, and without bound before anything could have", () => {
    const unknown = forecastArrivals(day, null);
    expect(remainingArrivals(unknown, { share: 0, hourly: [] })).toBe(Infinity);
    expect(remainingArrivals(unknown, { share: 0.2, hourly: [199] })).toBeCloseTo(800, 9);
  });
});
