/**
 * From prices to whole offers that hold every constraint.
 *
 * At the right prices all users but a few want what there is. Those who would lose most by anything but their
 * first choice, by the margin of its net value over the second, get it before all others: as many as every
 * limit allows together. The rest, in order, take the best of what is left.
 */
import { NO_ACTION } from "./candidates.ts";
import type { ChargedBlock } from "./charge.ts";
import type { Market } from "./market.ts";
import { feesOf, type Offers, Remaining, type Resources } from "./resources.ts";

/** Margins are told apart in eighths of octaves, from 2^−24 to 2^8 of the scale. */
const STEPS_PER_OCTAVE = 8;
const LEVELS = 256;
const LEVEL_OF_ONE = 192;

/** Offers at the prices; `scale` is the order of magnitude of what an offer gains, in micros. */
export function offerAtPrices({ users, blocks, resources }: Market, prices: Float64Array, scale: number): Offers {
  const choose = new Choice(prices, resources, scale);
  const demand = new DemandByLevel(resources);
  for (const block of blocks()) choose.first(block, (_user, option, level) => demand.add(block, option, level));
  const { level: sure, left } = demand.affordable();
  const remaining = new Remaining({ ...resources, limits: left });
  const assignment = new Int16Array(users).fill(NO_ACTION);
  for (const block of blocks()) {
    const { action, cost, firstUser } = block;
    choose.first(block, (user, option, level) => {
      const taken = level >= sure ? option : choose.bestThatFits(block, user, remaining);
      if (taken < 0) return;
      const offered = action[taken] as number;
      assignment[firstUser + user] = offered;
      if (level < sure) remaining.take(offered, cost[taken] as number);
    });
  }
  return { assignment, remaining };
}

/** What users want at the prices. */
class Choice {
  readonly #lambda: number;
  readonly #fees: Float64Array;
  readonly #scale: number;

  constructor(prices: Float64Array, resources: Resources, scale: number) {
    this.#lambda = prices[0] as number;
    this.#fees = feesOf(resources, prices);
    this.#scale = scale;
  }

  /** Every user's best option, if it is worth more than nothing, and the level of its margin. */
  first(block: ChargedBlock, take: (user: number, option: number, level: number) => void): void {
    const { users, offsets } = block;
    for (let user = 0; user < users; user++) {
      const to = offsets[user + 1] as number;
      let best = 0;
      let second = 0;
      let choice = -1;
      for (let option = offsets[user] as number; option < to; option++) {
        const net = this.#net(block, option);
        if (net > best) {
          second = best;
          best = net;
          choice = option;
        } else if (net > second) second = net;
      }
      if (choice >= 0) take(user, choice, levelOf((best - second) / this.#scale));
    }
  }

  /** The user's best option of those that fit; −1 for none. */
  bestThatFits(block: ChargedBlock, user: number, remaining: Remaining): number {
    const { offsets, action, cost } = block;
    const to = offsets[user + 1] as number;
    let best = 0;
    let choice = -1;
    for (let option = offsets[user] as number; option < to; option++) {
      const net = this.#net(block, option);
      if (net > best && remaining.fits(action[option] as number, cost[option] as number)) {
        best = net;
        choice = option;
      }
    }
    return choice;
  }

  #net({ gain, cost, action }: ChargedBlock, option: number): number {
    return (
      (gain[option] as number) -
      this.#lambda * (cost[option] as number) -
      (this.#fees[action[option] as number] as number)
    );
  }
}

function levelOf(margin: number): number {
  const level = Math.floor(STEPS_PER_OCTAVE * Math.log2(margin)) + LEVEL_OF_ONE;
  return Math.min(LEVELS - 1, Math.max(0, level));
}

/** What first choices use up, by the level of their margins. */
class DemandByLevel {
  readonly #resources: Resources;
  readonly #used: readonly Float64Array[];

  constructor(resources: Resources) {
    this.#resources = resources;
    this.#used = Array.from({ length: LEVELS }, () => new Float64Array(resources.limits.length));
  }

  add({ action, cost }: ChargedBlock, option: number, level: number): void {
    const used = this.#used[level] as Float64Array;
    used[0] = (used[0] as number) + (cost[option] as number);
    const caps = this.#resources.capsOf[action[option] as number] as Int32Array;
    for (let i = 0; i < caps.length; i++) used[caps[i] as number] = (used[caps[i] as number] as number) + 1;
  }

  /** The lowest level from which on everybody can be given their first choice, and what is left after that. */
  affordable(): { readonly level: number; readonly left: Float64Array } {
    let left = Float64Array.from(this.#resources.limits);
    for (let level = LEVELS - 1; level >= 0; level--) {
      const used = this.#used[level] as Float64Array;
      const after = left.map((amount, j) => amount - (used[j] as number));
      if (after.some((amount) => amount < 0)) return { level: level + 1, left };
      left = after;
    }
    return { level: 0, left };
  }
}
