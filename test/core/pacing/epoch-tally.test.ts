import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decision/decide.ts";
import type { Situation } from "../../../src/core/domain/decision.ts";
import { actionVolume, channelVolume, volumePriceOf } from "../../../src/core/domain/resource.ts";
import { binOf, BINS, WEIGHT, weightAt } from "../../../src/core/pacing/efficiency-histogram.ts";
import { ARRIVALS, EpochTally, hourName, usedName } from "../../../src/core/pacing/epoch-tally.ts";
import { added } from "../../../src/core/pacing/sums.ts";
import { programWith, scoresOf, situationWith, UNPACED } from "../../support/programs.ts";

const AT_START = { share: 0, elapsedHour: 3 };
const forValue = programWith({ objective: { costWeight: 0, value: [], cost: "incentive" } });
/** 2 for 1 and 3 for 2: steps of 2 and 1. */
const scores = scoresOf([
  [2, 0, 1],
  [3, 0, 2],
]);

const FUNDING = { pool: "p", reserve: "expected", terms: null } as const;

/** What a tally holds after these situations, each charged so much. */
function tallyOf(situations: readonly Situation[], chargedMicros = 0, time = AT_START) {
  const tally = new EpochTally(forValue);
  for (const situation of situations) tally.observe(situation, decide(situation), chargedMicros);
  return tally.drain(time);
}

/** The bins of a tally. */
function demandIn(sums: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(sums).filter(([name]) => Number(name) < BINS));
}

describe("the tally of an epoch", () => {
  it("has the arrivals, what they could have spent by efficiency, and what they did spend", () => {
    const [first, second] = [binOf(2), binOf(1)];
    expect(tallyOf([situationWith(forValue, { scores }), situationWith(forValue, { scores })], 2_000_000)).toEqual({
      [ARRIVALS]: 2,
      [hourName(3)]: 2,
      [WEIGHT]: 2,
      "used:budget": 4_000_000,
      [first]: 2,
      [second]: 2,
      [usedName(actionVolume("womens_email"))]: 2,
      [usedName(channelVolume("email"))]: 2,
    });
  });

  it("counts arrivals of whom nothing is known, and says nothing of their demand", () => {
    const known = situationWith(forValue, { scores });
    const unread = { ...known, withheld: "unavailable" } as const;
    // For neither offer there is money enough.
    const dry = situationWith({ ...forValue, funding: FUNDING }, { scores, availableMicros: 1 });
    const sums = tallyOf([known, unread, dry]);
    expect([sums[ARRIVALS], sums[WEIGHT]]).toEqual([3, 1]);
  });

  it("measures what falls due in this period", () => {
    const pacing = { ...UNPACED, inPeriod: [1, 0.25, 0.5] };
    // 2 for 0.25 and 3 for 1: steps at 8 and at 1 more for 0.75.
    expect(demandIn(tallyOf([situationWith(forValue, { scores, pacing })]))).toEqual({
      [binOf(8)]: 0.25,
      [binOf(1 / 0.75)]: 0.75,
    });
  });

  it("weighs later arrivals more", () => {
    const late = tallyOf([situationWith(forValue, { scores })], 0, { share: 0.6, elapsedHour: 3 });
    expect(late[WEIGHT]).toBeCloseTo(4, 12);
    expect(late[binOf(2)]).toBeCloseTo(weightAt(0.6), 12);
    expect(late[ARRIVALS]).toBe(1);
  });

  it("measures efficiency on what the objective maximizes: V − w·k", () => {
    const profit = situationWith(programWith(), { scores });
    const tally = new EpochTally(profit.program);
    tally.observe(profit, decide(profit), 0);
    // 2 − 1 for 1 and 3 − 2 for 2: only the first is on the hull, at 1.
    expect(demandIn(tally.drain(AT_START))).toEqual({ [binOf(1)]: 1 });
  });

  it("does not count what may not be offered, is not economic, costs nothing or is out of range", () => {
    const paused = situationWith(forValue, { scores, withheld: "paused" });
    const worthless = situationWith(forValue, {
      scores: scoresOf([
        [-1, 0, 1],
        [NaN, NaN, NaN],
      ]),
    });
    const free = situationWith(forValue, {
      scores: scoresOf([
        [2, 0, 0],
        [3, 0, -1],
      ]),
    });
    const dear = situationWith(forValue, {
      scores: scoresOf([
        [0.00001, 0, 1],
        [0.00001, 0, 1],
      ]),
    });
    const sums = tallyOf([paused, worthless, free, dear]);
    expect(sums[ARRIVALS]).toBe(4);
    expect(demandIn(sums)).toEqual({});
  });

  it("counts demand of the policy arm alone: the others do not answer to prices", () => {
    const draws = { arm: "evaluation", action: 0.99 } as const;
    const sums = tallyOf([situationWith(forValue, { scores, draws })], 7);
    expect([sums[ARRIVALS], sums["used:budget"], demandIn(sums)]).toEqual([1, 7, {}]);
  });

  it("takes off what the volumes cost at the prices of the decision", () => {
    const mu = { [channelVolume("email")]: 0.5, [actionVolume("mens_email")]: 0.25 };
    const [, mens] = forValue.actions;
    expect(mens === undefined ? NaN : volumePriceOf(mens, mu)).toBe(0.75);
    const priced = tallyOf([situationWith(forValue, { scores, pacing: { ...UNPACED, mu } })]);
    // 2 − 0.75 for 1, then (3 − 0.5) − 1.25 for one more: equally efficient, so one step of 2.5 for 2.
    expect(demandIn(priced)).toEqual({ [binOf(1.25)]: 2 });
  });

  it("starts again from nothing, and of two replicas adds to that of one", () => {
    const situations = [1, 2, 3, 5].map((value) =>
      situationWith(forValue, {
        scores: scoresOf([
          [value, 0, 1],
          [value, 0, 2],
        ]),
      }),
    );
    const tally = new EpochTally(forValue);
    for (const situation of situations) tally.observe(situation, decide(situation), 10);
    const whole = tally.drain(AT_START);
    expect(tally.drain(AT_START)).toEqual({});
    expect(added(tallyOf(situations.slice(0, 1), 10), tallyOf(situations.slice(1), 10))).toEqual(whole);
  });
});
