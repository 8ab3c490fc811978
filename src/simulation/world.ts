/** A day as it will be, and what was known before it began. */
import type { ArrivalHistory, Period } from "../core/pacing/arrival-forecast.ts";
import { hindsightOptimum, type Optimum, unconstrainedSpend } from "./hindsight.ts";
import { Random } from "./random.ts";
import { type Day, MINUTES, SCENARIOS, type ScenarioName } from "./scenarios.ts";
import { drawUsers, type Users } from "./users.ts";

const MINUTE_MS = 60_000;
const HOURS = 24;
export const DAY_MS = MINUTES * MINUTE_MS;
/** Users of the day before whose demand is known. */
const HISTORY_USERS = 20_000;

export interface WorldSize {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly arrivals: number;
  /** Paid actions. */
  readonly actions: number;
  /** The budget as a share of what would be spent if money were no object. */
  readonly budgetShare: number;
}

export interface World {
  readonly size: WorldSize;
  readonly period: Period;
  /** When each user comes, ascending. */
  readonly atMs: Float64Array;
  readonly users: Users;
  readonly budgetMicros: number;
  readonly past: Past;
}

/** What was known before the day. */
export interface Past {
  readonly users: Users;
  readonly history: ArrivalHistory;
  /** N̂. */
  readonly expectedArrivals: number;
  /** The price at which the day before would have kept the budget: what a static threshold goes by. */
  readonly optimum: Optimum;
}

export function createWorld(size: WorldSize): World {
  const day = SCENARIOS[size.scenario].day(new Random(size.seed, "day"));
  const atMs = drawArrivals(new Random(size.seed, "arrivals"), day.rate, size.arrivals);
  const quality = Float64Array.from(atMs, (at) => day.quality[Math.floor(at / MINUTE_MS)] as number);
  const users = drawUsers(new Random(size.seed, "users"), size.actions, quality);
  const budgetMicros = Math.floor(size.budgetShare * unconstrainedSpend(users, size.actions));
  const period = { startMs: 0, endMs: DAY_MS, hours: Array.from({ length: HOURS }, (_, hour) => hour) };
  return { size, period, atMs, users, budgetMicros, past: pastOf(day, size, budgetMicros) };
}

/** Instants of the day with this density, ascending. */
function drawArrivals(random: Random, rate: Float64Array, count: number): Float64Array {
  const cumulative = new Float64Array(MINUTES + 1);
  for (let minute = 0; minute < MINUTES; minute++) {
    cumulative[minute + 1] = (cumulative[minute] as number) + (rate[minute] as number);
  }
  const luck = Float64Array.from(
    { length: count },
    () => random.uniform() * (cumulative[MINUTES] as number),
  ).toSorted();
  let minute = 0;
  return luck.map((at) => {
    while ((cumulative[minute + 1] as number) <= at) minute += 1;
    return MINUTE_MS * (minute + (at - (cumulative[minute] as number)) / (rate[minute] as number));
  });
}

function pastOf(day: Day, { seed, arrivals, actions }: WorldSize, budgetMicros: number): Past {
  const expectedArrivals = arrivals / day.volume;
  const users = drawUsers(new Random(seed, "past"), actions, new Float64Array(HISTORY_USERS).fill(1));
  const budget = Math.floor(budgetMicros * (HISTORY_USERS / expectedArrivals));
  return {
    users,
    history: historyOf(day.expectedRate, expectedArrivals),
    expectedArrivals,
    optimum: hindsightOptimum(users, actions, budget),
  };
}

/** A week of days like the forecast. */
function historyOf(rate: Float64Array, expectedArrivals: number): ArrivalHistory {
  const mass = rate.reduce((sum, each) => sum + each, 0);
  const hourly = Array.from({ length: HOURS }, (_, hour) => {
    const minutes = rate.subarray((hour * MINUTES) / HOURS, ((hour + 1) * MINUTES) / HOURS);
    return (minutes.reduce((sum, each) => sum + each, 0) / mass) * expectedArrivals;
  });
  const hours = Array.from({ length: 7 * HOURS }, () => 1);
  return { arrivals: hours.map((_, hour) => hourly[hour % HOURS] as number), hours };
}
