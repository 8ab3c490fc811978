/** Days small enough for every test run; the figures of full days are the README's, from the command line. */
import { describe, expect, it } from "vitest";
import { staticThreshold } from "../../src/simulation/baselines.ts";
import { holdContest } from "../../src/simulation/contest.ts";
import { hindsightOptimum } from "../../src/simulation/hindsight.ts";
import { PacedController } from "../../src/simulation/paced.ts";
import { type Controller, playDay } from "../../src/simulation/play-day.ts";
import { SCENARIO_NAMES, type ScenarioName } from "../../src/simulation/scenarios.ts";
import { scoreOf } from "../../src/simulation/score.ts";
import { createWorld } from "../../src/simulation/world.ts";

const SMALL = { arrivals: 10_000, actions: 6, budgetShare: 0.15 };
const SETTINGS = { epochMs: 60_000, replicas: { count: 1, exchangeEvery: 1 } };

/** Value over the hindsight optimum that both seeds must reach: what full days are held to, less the noise of few. */
const LEAST: Readonly<Record<ScenarioName, number>> = {
  stationary: 0.99,
  diurnal: 0.99,
  bursty: 0.94,
  "drift-up": 0.97,
  "drift-down": 0.97,
  "volume-low": 0.985,
  "volume-high": 0.985,
  "shock-up": 0.935,
  "shock-down": 0.94,
  adversarial: 0.85,
};

describe.each(SCENARIO_NAMES)("a %s day", (scenario) => {
  const contests = [1, 2].map((seed) => holdContest({ ...SMALL, scenario, seed }, SETTINGS));
  const { ratio, utilisation, overspendMicros } = scoreOf(contests);

  it("is paced close to the optimum, never above it, and within the budget to the micro", () => {
    expect(ratio.paced.worst).toBeGreaterThanOrEqual(LEAST[scenario]);
    expect(Math.max(...contests.map(({ plays, optimum }) => plays.paced.value / optimum.value))).toBeLessThanOrEqual(1);
    expect(overspendMicros).toBe(0);
    expect(utilisation.worst).toBeGreaterThan(0.95);
  });
});

describe("a day that is wrong for its controller", () => {
  const world = createWorld({ ...SMALL, scenario: "volume-high", seed: 3 });

  it("runs out of money early at yesterday's price, and loses by it", () => {
    const { value, spentMicros, trace } = playDay(world, staticThreshold(world.past.optimum.lambda), 60_000);
    const optimum = hindsightOptimum(world.users, SMALL.actions, world.budgetMicros);
    expect(value / optimum.value).toBeLessThan(0.9);
    expect(spentMicros).toBeLessThanOrEqual(world.budgetMicros);
    expect(
      (trace.find(({ spentMicros: spent }) => spent > 0.99 * world.budgetMicros)?.atMs ?? NaN) / 3_600_000,
    ).toBeLessThan(20);
  });

  it("is not worth more to one who gives everything away, and the purse still holds", () => {
    const giveAway: Controller = staticThreshold(0);
    const { value, spentMicros } = playDay(world, giveAway, 60_000);
    const paced = playDay(world, new PacedController(world, SETTINGS.replicas), 60_000);
    expect(spentMicros).toBeLessThanOrEqual(world.budgetMicros);
    expect(value).toBeLessThan(0.6 * paced.value);
  });
});

describe("several replicas", () => {
  it("pace as well as one when they exchange every epoch, and little worse when they exchange every tenth minute", () => {
    const world = createWorld({ ...SMALL, scenario: "diurnal", seed: 4 });
    const valueOf = (count: number, exchangeEvery: number) =>
      playDay(world, new PacedController(world, { count, exchangeEvery }), 60_000).value;
    const alone = valueOf(1, 1);
    expect(valueOf(4, 1) / alone).toBeGreaterThan(0.997);
    expect(valueOf(4, 10) / alone).toBeGreaterThan(0.98);
  });
});

it("is played the same from the same seed", () => {
  const play = (seed: number) => {
    const world = createWorld({ ...SMALL, scenario: "adversarial", seed });
    return playDay(world, new PacedController(world, SETTINGS.replicas), SETTINGS.epochMs);
  };
  expect(play(5)).toEqual(play(5));
  expect(play(5)).not.toEqual(play(6));
});

describe("the hindsight optimum", () => {
  it("is what fits of the most efficient steps, the last in part, by hand", () => {
    // One user: 2 for 1 and 3 for 2. Another: 1 for 1. Steps: 2 for 1, then 1 for 1 twice.
    const users = { value: Float64Array.of(2, 3, 1, 0), cost: Float64Array.of(1, 2, 1, 1) };
    expect(hindsightOptimum(users, 2, 1_500_000)).toEqual({
      value: expect.closeTo(2.5, 9),
      lambda: expect.closeTo(1, 9),
    });
    expect(hindsightOptimum(users, 2, 9_000_000).value).toBeCloseTo(4, 9);
  });
});
