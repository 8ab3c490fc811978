/** The days that pacing is tried on: who comes when, how good they are, and what was forecast. */
import type { Random } from "./random.ts";

export const MINUTES = 1440;

/** One day, minute by minute. */
export interface Day {
  /** Relative arrival rate as it happens. */
  readonly rate: Float64Array;
  /** Relative arrival rate as the days before have taught it. */
  readonly expectedRate: Float64Array;
  /** What the day's users are worth against those of the days before: it multiplies every value. */
  readonly quality: Float64Array;
  /** Arrivals that come for each one that was forecast. */
  readonly volume: number;
}

export interface Scenario {
  readonly description: string;
  readonly day: (random: Random) => Day;
}

export const SCENARIOS = {
  stationary: {
    description: "arrivals and users as ever",
    day: () => day({}),
  },
  diurnal: {
    description: "few at night, many in the evening; volume within 5 % of the forecast",
    day: (random) => {
      const rate = minutes((at) => 1 - 0.9 * Math.cos(2 * Math.PI * (at - 0.125)));
      return day({ rate, expectedRate: rate, volume: random.between(0.95, 1.05) });
    },
  },
  bursty: {
    description: "bursts of ten times the arrivals that nobody forecast",
    day: (random) => burstyDay(random),
  },
  "drift-up": {
    description: "users get better all day, 0.6 to 1.6 times as good as before",
    day: () => day({ quality: minutes((at) => 0.6 + at) }),
  },
  "drift-down": {
    description: "users get worse all day, 1.6 to 0.6 times as good as before",
    day: () => day({ quality: minutes((at) => 1.6 - at) }),
  },
  "volume-low": {
    description: "0.6 times the arrivals that were forecast",
    day: () => day({ volume: 0.6 }),
  },
  "volume-high": {
    description: "1.4 times the arrivals that were forecast",
    day: () => day({ volume: 1.4 }),
  },
  "shock-up": {
    description: "users two thirds as good as before, and three times as good as that in the second half of the day",
    day: () => day({ quality: minutes((at) => (at < 0.5 ? 2 / 3 : 2)) }),
  },
  "shock-down": {
    description: "users twice as good as before, and a third as good as that in the second half of the day",
    day: () => day({ quality: minutes((at) => (at < 0.5 ? 2 : 2 / 3)) }),
  },
  adversarial: {
    description: "bursts, regimes of quality without pattern, volume within 30 % of the forecast",
    day: (random) => {
      const bursts = burstyDay(random);
      return { ...bursts, quality: regimes(random), volume: bursts.volume * random.between(0.7, 1.3) };
    },
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];

function day(parts: Partial<Day>): Day {
  const flat = minutes(() => 1);
  return { rate: flat, expectedRate: flat, quality: flat, volume: 1, ...parts };
}

/** A function of the share of the day, at the middle of each minute. */
function minutes(of: (at: number) => number): Float64Array {
  return Float64Array.from({ length: MINUTES }, (_, minute) => of((minute + 0.5) / MINUTES));
}

/** Five to nine bursts of 5 to 20 minutes; the forecast knows how much they bring on average, not when. */
function burstyDay(random: Random): Day {
  const rate = minutes(() => 1);
  const bursts = random.whole(5, 10);
  for (let burst = 0; burst < bursts; burst++) {
    const start = random.whole(0, MINUTES);
    rate.fill(10, start, start + random.whole(5, 21));
  }
  const mass = rate.reduce((sum, each) => sum + each, 0);
  const expectedMass = MINUTES + 7 * 12.5 * 9;
  return day({ rate, volume: mass / expectedMass });
}

/** Stretches of 2 to 8 hours whose users are worth a third to three times as much as before. */
function regimes(random: Random): Float64Array {
  const quality = new Float64Array(MINUTES);
  for (let start = 0; start < MINUTES;) {
    const end = start + random.whole(120, 481);
    quality.fill(Math.exp(Math.log(3) * random.between(-1, 1)), start, end);
    start = end;
  }
  return quality;
}
