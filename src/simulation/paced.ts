/**
 * The pacing of the service: replicas that tally, a board they share, prices by epoch.
 *
 * Replicas take turns with the arrivals. Each exchanges with the board every `exchangeEvery` epochs, not all in
 * the same one: in between, what it has seen is missing from the board, and it decides at prices that are old.
 */
import type { Pacing } from "../core/domain/decision.ts";
import { expectedShare, forecastArrivals, elapsedHourAt } from "../core/pacing/arrival-forecast.ts";
import { EpochTally } from "../core/pacing/epoch-tally.ts";
import { closeEpoch, merge, openPeriod, pacingOf, type PacingState } from "../core/pacing/pacer.ts";
import { priceFloor } from "../core/pacing/shadow-price.ts";
import { campaignWith, scoresOf, situationOf } from "./campaign.ts";
import { decide } from "../core/decision/decide.ts";
import type { Controller, EpochStart, Seen } from "./play-day.ts";
import type { World } from "./world.ts";

export interface Replicas {
  readonly count: number;
  readonly exchangeEvery: number;
}

export class PacedController implements Controller {
  readonly #world: World;
  readonly #forecast;
  readonly #floor: number;
  readonly #tallies: readonly EpochTally[];
  readonly #prices: Pacing[];
  readonly #exchangeEvery: number;
  #board: PacingState;

  constructor(world: World, { count, exchangeEvery }: Replicas) {
    const program = campaignWith(world.size.actions);
    this.#world = world;
    this.#forecast = forecastArrivals(world.period, world.past.history);
    this.#floor = priceFloor(program);
    this.#tallies = Array.from({ length: count }, () => new EpochTally(program));
    this.#prices = Array.from({ length: count }, () => UNPRICED);
    this.#exchangeEvery = exchangeEvery;
    this.#board = openPeriod(dayBefore(world));
  }

  beginEpoch({ epoch, atMs, purse }: EpochStart): void {
    const time = { share: expectedShare(this.#forecast, atMs), elapsedHour: elapsedHourAt(this.#world.period, atMs) };
    this.#tallies.forEach((tally, replica) => {
      if (epoch > 0 && (epoch + replica) % this.#exchangeEvery !== 0) return;
      this.#board = merge(this.#board, tally.drain(time));
      const { sums, prices } = closeEpoch(this.#board, {
        epoch,
        atMs,
        forecast: this.#forecast,
        remainingMicros: purse.balance,
        shareDue: 1,
        floor: this.#floor,
        remainingVolumes: {},
        solvedVolumes: null,
      });
      this.#board = { sums, prices };
      this.#prices[replica] = pacingOf(prices);
    });
  }

  pricesFor(arrival: number): Pacing {
    return this.#prices[arrival % this.#prices.length] as Pacing;
  }

  observe({ arrival, situation, decision, chargedMicros }: Seen): void {
    this.#tallies[arrival % this.#tallies.length]?.observe(situation, decision, chargedMicros);
  }
}

const UNPRICED: Pacing = { epoch: 0, lambda: 0, mu: {}, rho: null, inPeriod: null };

/** What a replica has of the day before: its demand, as if all of its arrivals had come like those that are known. */
function dayBefore({ size, past }: World): PacingState {
  const program = campaignWith(size.actions);
  const tally = new EpochTally(program);
  const known = past.users.value.length / size.actions;
  let state: PacingState = { sums: {}, prices: null };
  for (let user = 0; user < known; user++) {
    const scores = scoresOf(past.users, user, size.actions);
    const situation = situationOf({ program, scores, pacing: UNPRICED, availableMicros: null });
    tally.observe(situation, decide(situation), 0);
    if ((user + 1) % 1000 === 0) state = merge(state, tally.drain({ share: (user + 1) / known, elapsedHour: 0 }));
  }
  const scale = past.expectedArrivals / known;
  return { ...state, sums: Object.fromEntries(Object.entries(state.sums).map(([name, sum]) => [name, sum * scale])) };
}
