import { describe, expect, it } from "vitest";
import { allocate } from "../../../src/core/allocation/allocate.ts";
import { samplePrices } from "../../../src/core/allocation/sample-prices.ts";
import type { Cap } from "../../../src/core/allocation/candidates.ts";
import type { Decision } from "../../../src/core/domain/decision.ts";
import { actionVolume, channelVolume, volumePriceOf } from "../../../src/core/domain/resource.ts";
import { expectedShare, forecastArrivals } from "../../../src/core/pacing/arrival-forecast.ts";
import { EpochTally } from "../../../src/core/pacing/epoch-tally.ts";
import { closeEpoch, merge, openPeriod, pacingOf, type PacingState } from "../../../src/core/pacing/pacer.ts";
import { RecentRequests } from "../../../src/core/pacing/recent-requests.ts";
import { campaignWith, scoresOf as scoresOfUser } from "../../../src/simulation/campaign.ts";
import { Random } from "../../../src/simulation/random.ts";
import { drawUsers } from "../../../src/simulation/users.ts";
import { actionsNamed, programWith, scoresOf, situationWith, UNPACED } from "../../support/programs.ts";
import { noScores } from "../../../src/core/decision/score.ts";

function decided(
  chosen: number,
  actions: number,
  pruned: Decision["pruned"] = new Array(actions).fill(null),
): Decision {
  const zeros = new Array<number>(actions).fill(0);
  const excluded = new Array<null>(actions).fill(null);
  const probabilities = { inArm: zeros, marginal: zeros, armShare: 1 };
  return { excluded, pruned, net: zeros, best: 0, exploring: null, ...probabilities, chosen };
}

describe("the sample of recent requests", () => {
  const program = programWith();
  const request = (value: number) =>
    situationWith(program, {
      scores: scoresOf([
        [value, 0, 0.5],
        [2, 0, -1],
      ]),
    });

  it("keeps the last of every so many, in whole micros, live actions only", () => {
    const recent = new RecentRequests({ actions: 3, room: 2 }, 2);
    for (const value of [1, 2, 3, 4, 5, 6]) recent.observe(request(value), decided(0, 3), 0);
    recent.observe(request(7), decided(0, 3), 0);
    const pruned = decided(0, 3, [null, null, "no_value"]);
    recent.observe(request(8), pruned, 0);
    const sample = recent.sample();
    expect(sample.users).toBe(2);
    // The fourth request made room for the eighth: in a ring of two, places of requests 6 and 8.
    expect([...sample.offsets]).toEqual([0, 2, 3]);
    expect([...sample.action]).toEqual([1, 2, 1]);
    // V − k, as the program maximizes profit; what costs less than nothing costs nothing.
    expect([...sample.valueMicros]).toEqual([5.5e6, 2e6, 7.5e6]);
    expect([...sample.costMicros]).toEqual([500_000, 0, 500_000]);
  });

  it("holds requests of the arms that do not answer to prices without anything to offer", () => {
    const recent = new RecentRequests({ actions: 3, room: 4 }, 1);
    recent.observe(situationWith(program, { draws: { arm: "holdout", action: 0 } }), decided(0, 3), 0);
    expect(recent.sample()).toMatchObject({ users: 1, offsets: Uint32Array.of(0, 0) });
    expect(new RecentRequests({ actions: 3, room: 4 }, 1).sample().users).toBe(0);
  });

  it("does not hold requests that say nothing of the demand", () => {
    const recent = new RecentRequests({ actions: 3, room: 4 }, 1);
    const unread = situationWith(program, { withheld: "unavailable", scores: noScores(program) });
    const dry = { ...decided(0, 3), excluded: [null, "budget_exhausted", null] } as const;
    recent.observe(unread, decided(0, 3), 0);
    recent.observe(request(1), dry, 0);
    expect([recent.seen, recent.sample().users]).toEqual([0, 0]);
  });

  it("tells the actions of programs apart by their numbers, and counts the cost that falls due", () => {
    const recent = new RecentRequests({ actions: 3, room: 4 }, 1);
    const small = programWith({
      actions: actionsNamed("voucher"),
      objective: { costWeight: 0, value: [], cost: "incentive" },
    });
    const scores = scoresOf([[4, 0, 1]]);
    recent.observe(situationWith(small, { scores, pacing: { ...UNPACED, inPeriod: [1, 0.25] } }), decided(0, 2), 3);
    recent.observe(request(1), decided(0, 3), 0);
    const { offsets, action, valueMicros, costMicros } = recent.sample();
    expect([...offsets]).toEqual([0, 1, 3]);
    expect([...action]).toEqual([4, 1, 2]);
    expect([...valueMicros]).toEqual([4e6, 0.5e6, 2e6]);
    expect([...costMicros]).toEqual([0.25e6, 0.5e6, 0]);
  });

  it("keeps fewer when it is told to", () => {
    const recent = new RecentRequests({ actions: 3, room: 100 }, 1);
    for (let n = 0; n < 10; n++) recent.observe(request(n), decided(0, 3), 0);
    recent.keepOneIn(5);
    for (let n = 0; n < 10; n++) recent.observe(request(n), decided(0, 3), 0);
    expect([recent.seen, recent.sample().users]).toEqual([20, 12]);
  });
});

/**
 * A day with a budget and two volumes, against the allocator that knew everybody from the start. The program is
 * decided here by hand (net = V − λk − Σμ), hard limits as counters.
 */
describe("a budget, an action volume and a channel volume at once", () => {
  const ARRIVALS = 8_000;
  const ACTIONS = 4;
  const EPOCHS = 200;
  const LIMITS = { [actionVolume("offer_1")]: 360, [channelVolume("email")]: 880 };
  /** Offers 1 and 2 go by e-mail. */
  const plain = campaignWith(ACTIONS);
  const program = {
    ...plain,
    actions: plain.actions.map((action, i) => ({ ...action, channel: i === 1 || i === 2 ? "email" : null })),
  };
  const caps: readonly Cap[] = [
    { actions: [1], offers: LIMITS[actionVolume("offer_1")] ?? 0 },
    { actions: [1, 2], offers: LIMITS[channelVolume("email")] ?? 0 },
  ];
  const users = drawUsers(new Random(1, "volumes"), ACTIONS, new Float64Array(ARRIVALS).fill(1));
  const period = { startMs: 0, endMs: 86_400_000, hours: Array.from({ length: 24 }, (_, hour) => hour) };
  const budgetMicros = 1_600_000_000;

  it("keeps every limit and is worth nearly what hindsight is", () => {
    const all = new RecentRequests({ actions: ACTIONS + 1, room: ARRIVALS }, 1);
    for (let user = 0; user < ARRIVALS; user++) {
      const situation = situationWith(program, { scores: scoresOfUser(users, user, ACTIONS) });
      all.observe(situation, decided(0, ACTIONS + 1), 0);
    }
    const hindsight = allocate(
      { users: ARRIVALS, actions: ACTIONS + 1, blocks: () => [all.sample()] },
      { budgetMicros, costWeight: 0, caps },
    );
    expect(hindsight.muMicros.every((mu) => mu > 0)).toBe(true);

    const day = playDay();
    expect(day.value * 1e6).toBeGreaterThan(0.97 * hindsight.dualBoundMicros);
    expect(Math.max(...day.used.map((used, j) => used / (caps[j]?.offers ?? 0)))).toBeLessThanOrEqual(1);
    expect(day.spentMicros).toBeLessThanOrEqual(budgetMicros);
  });

  function playDay() {
    const forecast = forecastArrivals(period, null);
    const tally = new EpochTally(program);
    const recent = new RecentRequests({ actions: ACTIONS + 1, room: 1_000 }, 5);
    const used = [0, 0];
    let state: PacingState = openPeriod(null);
    let spentMicros = 0;
    let value = 0;
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      const atMs = (epoch / EPOCHS) * period.endMs;
      const share = expectedShare(forecast, atMs);
      const left = caps.map(({ offers }, j) => offers - (used[j] ?? 0));
      const closed = closeEpoch(merge(state, tally.drain({ share, elapsedHour: Math.floor(share * 24) })), {
        epoch,
        atMs,
        forecast,
        remainingMicros: budgetMicros - spentMicros,
        shareDue: 1,
        floor: 0,
        remainingVolumes: Object.fromEntries(Object.keys(LIMITS).map((name, j) => [name, left[j] ?? 0])),
        solvedVolumes:
          epoch % 25 === 1
            ? solve(recent, { left, moneyMicros: budgetMicros - spentMicros, toCome: ARRIVALS * (1 - share) })
            : null,
      });
      state = closed;
      const pacing = pacingOf(closed.prices);
      for (let user = (epoch * ARRIVALS) / EPOCHS; user < ((epoch + 1) * ARRIVALS) / EPOCHS; user++) {
        const scores = scoresOfUser(users, user, ACTIONS);
        const situation = situationWith(program, { scores, pacing });
        const feasible = (i: number) =>
          i === 0 ||
          (Math.round((scores.cost[i] ?? 0) * 1e6) <= budgetMicros - spentMicros &&
            caps.every(({ actions, offers }, j) => !actions.includes(i) || (used[j] ?? 0) < offers));
        const net = program.actions.map((action, i) =>
          feasible(i)
            ? (scores.value[i] ?? 0) - pacing.lambda * (scores.cost[i] ?? 0) - volumePriceOf(action, pacing.mu)
            : -1,
        );
        const chosen = net.indexOf(Math.max(...net));
        const charged = Math.round((scores.cost[chosen] ?? 0) * 1e6);
        const decision = decided(chosen, ACTIONS + 1);
        tally.observe(situation, decision, charged);
        recent.observe(situation, decision, 0);
        caps.forEach(({ actions }, j) => (used[j] = (used[j] ?? 0) + Number(actions.includes(chosen))));
        spentMicros += charged;
        value += scores.value[chosen] ?? 0;
      }
    }
    return { value, spentMicros, used };
  }

  /** Prices of the sample with its share of what is left. */
  function solve(
    recent: RecentRequests,
    rest: { readonly left: readonly number[]; readonly moneyMicros: number; readonly toCome: number },
  ) {
    const sample = recent.sample();
    if (sample.users === 0) return null;
    const candidates = { users: sample.users, actions: ACTIONS + 1, blocks: () => [sample] };
    const constraints = {
      budgetMicros: rest.moneyMicros,
      costWeight: 0 as const,
      caps: caps.map((cap, j) => ({ ...cap, offers: rest.left[j] ?? 0 })),
    };
    const mu = samplePrices(candidates, constraints, sample.users / rest.toCome);
    return Object.fromEntries(Object.keys(LIMITS).map((name, j) => [name, (mu[j] ?? 0) / 1e6]));
  }
});
