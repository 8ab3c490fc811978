/**
 * What an allocation is worth, and a proof of how far it can be from the best one.
 *
 *   D(λ, μ) = Σ_i max(0, max_a g_ia − λ·k_ia − Σ_{j ∋ a} μ_j) + λ·B + Σ_j μ_j·b_j
 *
 * By weak duality D is at least the value of every allocation within the budget B and the caps b, at any
 * prices λ, μ ≥ 0; so the gap (D − value)/D bounds what is missing. D is summed over all users, at the prices
 * that are reported, and rounded up by more than the arithmetic can have lost.
 */
import { CompensatedSum } from "../numerics/compensated-sum.ts";
import type { Candidates, Constraints } from "./candidates.ts";
import type { ChargedBlock } from "./charge.ts";
import { openMarket } from "./market.ts";
import { feesOf, type Resources, worthOf } from "./resources.ts";

export interface Certificate {
  /** The price of money: value per money. */
  readonly lambda: number;
  /** The price of an offer under each cap, in micros. */
  readonly muMicros: readonly number[];
  /** Σ V − w·k of what is offered. */
  readonly valueMicros: number;
  /** Σ k of what is offered, exactly. */
  readonly spendMicros: number;
  /** Users with an offer. */
  readonly offers: number;
  readonly dualBoundMicros: number;
  /** (dual bound − value)/dual bound, in [0, 1]; 0 where the bound is 0. */
  readonly gap: number;
  /** What each constraint has left, ≥ 0. Of a budget without limit: Infinity. */
  readonly slack: { readonly budgetMicros: number; readonly caps: readonly number[] };
}

/** Roundings of one user's net value and of the sum, in units of what is added up: a few of 2^−53; 16 are allowed for. */
const ROUNDING = 16 * 2 ** -53;

/** Prices, resource by resource, all ≥ 0. */
interface Outcome {
  readonly assignment: Int16Array;
  readonly prices: Float64Array;
}

export function certify(
  candidates: Candidates,
  constraints: Constraints,
  { assignment, prices }: Outcome,
): Certificate {
  const { blocks, resources } = openMarket(candidates, constraints);
  const tally = new Tally(candidates.actions);
  const bound = new Bound(resources, prices);
  for (const block of blocks()) {
    tally.add(block, assignment);
    bound.add(block);
  }
  const dualBoundMicros = bound.total();
  const [lambda = 0, ...muMicros] = prices;
  return {
    lambda,
    muMicros,
    valueMicros: tally.gain,
    spendMicros: tally.spend,
    offers: tally.offers.reduce((sum, offers) => sum + offers, 0),
    dualBoundMicros,
    gap: dualBoundMicros > 0 ? Math.max(0, (dualBoundMicros - tally.gain) / dualBoundMicros) : 0,
    slack: {
      budgetMicros: constraints.budgetMicros - tally.spend,
      caps: constraints.caps.map(({ actions, offers }) =>
        actions.reduce((left, action) => left - (tally.offers[action] as number), offers),
      ),
    },
  };
}

/** What is offered, from the assignment alone. */
class Tally {
  gain = 0;
  spend = 0;
  readonly offers: Float64Array;

  constructor(actions: number) {
    this.offers = new Float64Array(actions);
  }

  add({ firstUser, users, offsets, action, gain, cost }: ChargedBlock, assignment: Int16Array): void {
    for (let user = 0; user < users; user++) {
      const assigned = assignment[firstUser + user] as number;
      if (assigned < 0) continue;
      const end = offsets[user + 1] as number;
      let option = offsets[user] as number;
      while (option < end && action[option] !== assigned) option += 1;
      this.gain += gain[option] as number;
      this.spend += cost[option] as number;
      this.offers[assigned] = (this.offers[assigned] as number) + 1;
    }
  }
}

/** D at the prices. */
class Bound {
  readonly #lambda: number;
  readonly #fees: Float64Array;
  readonly #limits: number;
  readonly #net = new CompensatedSum();
  #gains = 0;

  constructor(resources: Resources, prices: Float64Array) {
    this.#lambda = prices[0] as number;
    this.#fees = feesOf(resources, prices);
    this.#limits = worthOf(resources, prices);
  }

  add({ users, offsets, action, gain, cost }: ChargedBlock): void {
    const lambda = this.#lambda;
    const fees = this.#fees;
    for (let user = 0; user < users; user++) {
      const end = offsets[user + 1] as number;
      let best = 0;
      let itsGain = 0;
      for (let option = offsets[user] as number; option < end; option++) {
        const g = gain[option] as number;
        const net = g - lambda * (cost[option] as number) - (fees[action[option] as number] as number);
        if (net > best) {
          best = net;
          itsGain = g;
        }
      }
      this.#net.add(best);
      this.#gains += itsGain;
    }
  }

  /** D, and what rounding can have taken from it. */
  total(): number {
    return this.#net.total() + this.#limits + ROUNDING * (this.#gains + this.#limits);
  }
}
