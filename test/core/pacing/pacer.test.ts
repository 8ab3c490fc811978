import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { actionVolume } from "../../../src/core/domain/resource.ts";
import { forecastArrivals } from "../../../src/core/pacing/arrival-forecast.ts";
import { binOf, PRICE_MAX, WEIGHT } from "../../../src/core/pacing/efficiency-histogram.ts";
import { ARRIVALS, hourName, usedName } from "../../../src/core/pacing/epoch-tally.ts";
import {
  arrivalsByHour,
  closeEpoch,
  type EpochInputs,
  merge,
  openPeriod,
  pacingOf,
  type PacingState,
} from "../../../src/core/pacing/pacer.ts";

const HOUR = 3_600_000;
const period = { startMs: 0, endMs: 10 * HOUR, hours: Array.from({ length: 10 }, (_, hour) => hour) };
/** A hundred an hour, as ever: N̂ = 1000. */
const forecast = forecastArrivals(period, {
  arrivals: Array.from({ length: 168 }, () => 1e8),
  hours: Array.from({ length: 168 }, () => 1e6),
});
const VOLUME = actionVolume("a");

function inputs(parts: Partial<EpochInputs> = {}): EpochInputs {
  return {
    epoch: 1,
    atMs: 0,
    forecast,
    remainingMicros: 500e6,
    shareDue: 1,
    floor: 0,
    remainingVolumes: {},
    solvedVolumes: null,
    ...parts,
  };
}

/** What so many arrivals tell who could each have spent 1 at each of these efficiencies and did spend so much. */
function tally(arrivals: number, efficiencies: readonly number[], spentMicros = 0, hour = 0) {
  const demand = Object.fromEntries(efficiencies.map((efficiency) => [binOf(efficiency), arrivals]));
  return {
    [ARRIVALS]: arrivals,
    [hourName(hour)]: arrivals,
    [WEIGHT]: arrivals,
    [usedName("budget")]: spentMicros,
    ...demand,
  };
}

/** A state that knows the demand and has no arrivals of its own: spend 1 at 4, 1 at 2, 1 at 1. */
const known: PacingState = {
  sums: { [WEIGHT]: 100, ...Object.fromEntries([4, 2, 1].map((e) => [binOf(e), 100])) },
  prices: null,
};

describe("closing an epoch", () => {
  it("prices what each arrival may spend: what is left over who is to come", () => {
    const { prices } = closeEpoch(known, inputs({ remainingMicros: 1500e6 }));
    const { lambda, rho, epoch, mu } = pacingOf(prices);
    // 1.5 each: all of the step at 4 and half of that at 2.
    expect([epoch, rho, mu]).toEqual([1, expect.closeTo(1.5, 6), {}]);
    expect(lambda).toBeGreaterThan(1.96);
    expect(lambda).toBeLessThan(2.04);
  });

  it("spreads the money over less when only a share of what is offered falls due", () => {
    const { prices } = closeEpoch(known, inputs({ remainingMicros: 750e6, shareDue: 0.5 }));
    expect(pacingOf(prices).rho).toBeCloseTo(1.5, 6);
  });

  it("does not go below the floor, though there is money for more", () => {
    expect(pacingOf(closeEpoch(known, inputs({ remainingMicros: 9e9, floor: 0.7 })).prices).lambda).toBe(0.7);
    expect(pacingOf(closeEpoch(known, inputs({ remainingMicros: 9e9 })).prices).lambda).toBe(0);
  });

  it("pays nobody before anything is known, and nobody when the money is gone", () => {
    expect(pacingOf(closeEpoch(openPeriod(null), inputs()).prices).lambda).toBe(PRICE_MAX);
    expect(pacingOf(closeEpoch(known, inputs({ remainingMicros: 0 })).prices).lambda).toBe(PRICE_MAX);
    expect(pacingOf(closeEpoch(known, inputs({ remainingMicros: -5 })).prices).lambda).toBe(PRICE_MAX);
  });

  it("asks only the floor when nobody is expected any more", () => {
    const { prices } = closeEpoch(known, inputs({ atMs: 10 * HOUR }));
    expect(pacingOf(prices)).toMatchObject({ lambda: 0, rho: null });
  });

  it("trims by what was used against the target of the epoch that ended", () => {
    const first = closeEpoch(known, inputs({ remainingMicros: 1500e6 }));
    // 100 arrivals with a target of 1.5 spent 200: 33.3 targets too much; N = 1000 as forecast.
    const seen = merge(first, tally(100, [4, 2, 1], 200e6));
    const { prices } = closeEpoch(seen, inputs({ epoch: 2, atMs: HOUR, remainingMicros: 1300e6 }));
    expect(prices.budget.trim).toBeCloseTo((0.3 / Math.sqrt(1000)) * (200 / 1.5 - 100), 6);
    expect(pacingOf(prices).lambda).toBeCloseTo(prices.budget.base * Math.exp(prices.budget.trim), 12);
  });

  it("lets the prices of an epoch stand that was closed already, or is past", () => {
    const first = closeEpoch(known, inputs({ epoch: 7 }));
    for (const epoch of [6, 7]) {
      expect(closeEpoch(merge(first, tally(100, [4], 9e6)), inputs({ epoch, atMs: HOUR })).prices).toBe(first.prices);
    }
  });

  it("goes on after epochs that nobody closed and nobody came in", () => {
    const first = closeEpoch(known, inputs());
    const trimmed = { ...first, prices: { ...first.prices, budget: { ...first.prices.budget, trim: 0.8 } } };
    const { prices } = closeEpoch(trimmed, inputs({ epoch: 5_000, atMs: 5 * HOUR }));
    expect(prices.budget.trim).toBeCloseTo(0, 9);
    // Nobody in half of the day: (0 + 50)/(500 + 50) of the 500 who were still expected.
    expect(pacingOf(prices).rho).toBeCloseTo(500 / ((500 * 50) / 550), 6);
  });

  it("takes a late tally into the next price, and none twice", () => {
    const first = closeEpoch(known, inputs());
    const late = merge(first, tally(100, [4, 2, 1], 60e6));
    const second = closeEpoch(late, inputs({ epoch: 2, atMs: HOUR }));
    expect(second.prices.arrivals).toBe(100);
    const third = closeEpoch(second, inputs({ epoch: 3, atMs: HOUR }));
    expect(third.prices.budget.trim).toBeCloseTo(second.prices.budget.trim, 12);
  });

  it("survives a store that lost some of its sums", () => {
    const seen = closeEpoch(merge(known, tally(100, [4], 60e6)), inputs({ epoch: 1, atMs: HOUR }));
    const { prices } = closeEpoch({ sums: known.sums, prices: seen.prices }, inputs({ epoch: 2, atMs: HOUR }));
    expect(prices.budget.trim).toBeCloseTo(0, 12);
  });

  it("gives the same prices whatever the order in which replicas told", () => {
    const tallies = [tally(50, [4, 1], 20e6), tally(30, [2], 10e6, 1), tally(20, [1], 5e6)];
    const first = closeEpoch(known, inputs());
    const pricesAfter = (order: readonly number[]) => {
      const state = order.reduce<PacingState>((merged, replica) => merge(merged, tallies[replica] ?? {}), first);
      return pacingOf(closeEpoch(state, inputs({ epoch: 2, atMs: HOUR })).prices);
    };
    const anyOrder = fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(anyOrder, (order) => {
        expect(pricesAfter(order)).toEqual(pricesAfter([0, 1, 2]));
      }),
    );
  });

  it("survives being written down and read again", () => {
    const first = closeEpoch(merge(known, tally(100, [4, 2], 60e6)), inputs({ atMs: HOUR }));
    const read = JSON.parse(JSON.stringify(first)) as PacingState;
    expect(closeEpoch(read, inputs({ epoch: 2, atMs: 2 * HOUR }))).toEqual(
      closeEpoch(first, inputs({ epoch: 2, atMs: 2 * HOUR })),
    );
  });
});

describe("the price of a volume", () => {
  const limited = (epoch: number, solved: number | null) =>
    inputs({
      epoch,
      atMs: (epoch - 1) * HOUR,
      remainingVolumes: { [VOLUME]: 200 },
      solvedVolumes: solved === null ? null : { [VOLUME]: solved },
    });
  const offers = (count: number) => ({ ...tally(100, [4]), [usedName(VOLUME)]: count });

  it("is none until it is solved, then as solved, then trimmed by what was offered", () => {
    const first = closeEpoch(known, limited(1, null));
    expect(pacingOf(first.prices).mu).toEqual({ [VOLUME]: 0 });
    const second = closeEpoch(merge(first, offers(40)), limited(2, 0.5));
    expect(pacingOf(second.prices).mu).toEqual({ [VOLUME]: 0.5 });
    // 200 offers over the 900 to come; 40 were made to the next 100 arrivals.
    const third = closeEpoch(merge(second, offers(40)), limited(3, null));
    const trim = (0.3 / Math.sqrt(1000)) * (40 / (200 / 900) - 100);
    expect(third.prices.volumes[VOLUME]?.trim).toBeCloseTo(trim, 6);
    expect(pacingOf(third.prices).mu[VOLUME]).toBeCloseTo(0.5 * Math.exp(trim), 9);
  });

  it("is gone with the limit", () => {
    const first = closeEpoch(known, limited(1, 0.5));
    expect(pacingOf(closeEpoch(first, inputs({ epoch: 2 })).prices).mu).toEqual({});
  });
});

describe("a new period", () => {
  it("can be forecast from what came in each hour of the one before", () => {
    const before = merge(merge(known, tally(100, [4])), merge(known, tally(30, [2], 0, 7)).sums);
    expect(arrivalsByHour(before.sums, period)).toEqual([100, 0, 0, 0, 0, 0, 0, 30, 0, 0]);
  });

  it("begins with the demand of the one before and nothing else", () => {
    const before = closeEpoch(merge(known, tally(100, [4, 2], 60e6)), inputs({ atMs: HOUR }));
    const { sums, prices } = openPeriod(before);
    expect(prices).toBeNull();
    expect(sums).toEqual({
      [WEIGHT]: 40,
      [binOf(4)]: 40,
      [binOf(2)]: 40,
      [binOf(1)]: 20,
    });
  });
});
