/**
 * From prices to whole offers that hold every constraint.
 *
 * At the right prices all users but a few want what there is. Those who would lose most by anything but their
 * first choice, by the margin of its net value over the second, get it before all others: as many as every
 * limit allows together. The rest, in order, share what is left: where choices are all but equally good, each
 * action is offered as often as its shares in the smoothed dual add up to, as only the right mixture of ties uses
 * up all that is scarce (error diffusion: an action is due its share of every user, and owes 1 when offered).
 */
import { NO_ACTION } from "./candidates.ts";
import type { ChargedBlock } from "./charge.ts";
import type { Market } from "./market.ts";
import { feesOf, type Offers, Remaining, type Resources } from "./resources.ts";
import { NEGLIGIBLE, type SmoothedDual } from "./smoothed-dual.ts";

/** Margins are told apart in eighths of octaves, from 2^−24 to 2^8 of the scale. */
const STEPS_PER_OCTAVE = 8;
const LEVELS = 256;
const LEVEL_OF_ONE = 192;

/** Offers at the prices where the dual settled; `scale` is the order of magnitude of what an offer gains, in micros. */
export function offerAtPrices(
  { users, blocks, resources }: Market,
  { prices, tau }: Pick<SmoothedDual, "prices" | "tau">,
  scale: number,
): Offers {
  const choices = new Choices(prices, resources);
  const demand = new DemandByLevel(resources);
  for (const block of blocks()) {
    choices.survey(block, (_user, option, margin) => {
      if (option >= 0) demand.add(block, option, levelOf(margin / scale));
    });
  }
  const { level: sure, left } = demand.affordable(levelOf((NEGLIGIBLE * tau) / scale) + 1);
  const remaining = new Remaining({ ...resources, limits: left });
  const assignment = new Int16Array(users).fill(NO_ACTION);
  const sharing = new Sharing(choices, remaining, { actions: resources.actions, tau });
  for (const block of blocks()) {
    const { action, firstUser } = block;
    choices.survey(block, (user, option, margin) => {
      const taken = levelOf(margin / scale) >= sure ? option : sharing.offer(block, user);
      if (taken >= 0) assignment[firstUser + user] = action[taken] as number;
    });
  }
  return { assignment, remaining };
}

/** What users want at the prices. */
class Choices {
  readonly #lambda: number;
  readonly #fees: Float64Array;

  constructor(prices: Float64Array, resources: Resources) {
    this.#lambda = prices[0] as number;
    this.#fees = feesOf(resources, prices);
  }

  /** Every user's best option (−1: none), and what it is worth more than the second best. */
  survey(block: ChargedBlock, visit: (user: number, option: number, margin: number) => void): void {
    const { users, offsets } = block;
    for (let user = 0; user < users; user++) {
      const to = offsets[user + 1] as number;
      let best = 0;
      let second = -Infinity;
      let choice = -1;
      for (let option = offsets[user] as number; option < to; option++) {
        const net = this.net(block, option);
        if (net > best) {
          second = best;
          best = net;
          choice = option;
        } else if (net > second) second = net;
      }
      visit(user, choice, best - second);
    }
  }

  net({ gain, cost, action }: ChargedBlock, option: number): number {
    return (
      (gain[option] as number) -
      this.#lambda * (cost[option] as number) -
      (this.#fees[action[option] as number] as number)
    );
  }
}

/** Offers for users whose choices are close, or for whom the first one may not fit. */
class Sharing {
  readonly #choices: Choices;
  readonly #remaining: Remaining;
  readonly #tau: number;
  /** What each action is due; no offer comes last. */
  readonly #due: Float64Array;

  constructor(
    choices: Choices,
    remaining: Remaining,
    { actions, tau }: { readonly actions: number; readonly tau: number },
  ) {
    this.#choices = choices;
    this.#remaining = remaining;
    this.#tau = tau;
    this.#due = new Float64Array(actions + 1);
  }

  /** The option that is offered, which is then used up; −1 for none. */
  offer(block: ChargedBlock, user: number): number {
    const option = this.#mostDue(block, user);
    if (option >= 0) this.#remaining.take(block.action[option] as number, block.cost[option] as number);
    return option;
  }

  #mostDue(block: ChargedBlock, user: number): number {
    const { offsets, action, cost } = block;
    const from = offsets[user] as number;
    const to = offsets[user + 1] as number;
    let best = 0;
    for (let option = from; option < to; option++) best = Math.max(best, this.#choices.net(block, option));
    let total = Math.exp(-best / this.#tau);
    for (let option = from; option < to; option++) total += this.#weight(block, option, best);
    const none = this.#due.length - 1;
    this.#grant(none, Math.exp(-best / this.#tau) / total);
    let chosen = -1;
    let most = best / this.#tau < NEGLIGIBLE ? (this.#due[none] as number) : -Infinity;
    for (let option = from; option < to; option++) {
      const weight = this.#weight(block, option, best);
      if (weight === 0) continue;
      const a = action[option] as number;
      const due = this.#grant(a, weight / total);
      if (due > most && this.#remaining.fits(a, cost[option] as number)) {
        most = due;
        chosen = option;
      }
    }
    if (most === -Infinity) chosen = this.#bestThatFits(block, from, to);
    this.#grant(chosen < 0 ? none : (action[chosen] as number), -1);
    return chosen;
  }

  #weight(block: ChargedBlock, option: number, best: number): number {
    const below = (best - this.#choices.net(block, option)) / this.#tau;
    return below < NEGLIGIBLE ? Math.exp(-below) : 0;
  }

  #grant(action: number, share: number): number {
    return (this.#due[action] = (this.#due[action] as number) + share);
  }

  #bestThatFits(block: ChargedBlock, from: number, to: number): number {
    let best = 0;
    let choice = -1;
    for (let option = from; option < to; option++) {
      const net = this.#choices.net(block, option);
      if (net > best && this.#remaining.fits(block.action[option] as number, block.cost[option] as number)) {
        best = net;
        choice = option;
      }
    }
    return choice;
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

  /** The lowest level, from `least` on, from which on everybody can be given their first choice, and what is left then. */
  affordable(least: number): { readonly level: number; readonly left: Float64Array } {
    let left = Float64Array.from(this.#resources.limits);
    for (let level = LEVELS - 1; level >= least; level--) {
      const used = this.#used[level] as Float64Array;
      const after = left.map((amount, j) => amount - (used[j] as number));
      if (after.some((amount) => amount < 0)) return { level: level + 1, left };
      left = after;
    }
    return { level: least, left };
  }
}
