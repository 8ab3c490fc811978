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
import { budgetOf, type Candidates, type Constraints } from "./candidates.ts";
import { charge, type ChargedBlock } from "./charge.ts";

/** λ in value per money, μ in micros per offer, in the order of the caps. All ≥ 0. */
export interface Prices {
  readonly lambda: number;
  readonly muMicros: readonly number[];
}

export interface Certificate extends Prices {
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

export function certify(
  candidates: Candidates,
  constraints: Constraints,
  { assignment, prices }: { readonly assignment: Int16Array; readonly prices: Prices },
): Certificate {
  const { budgetMicros, caps, costWeight } = constraints;
  const tally = new Tally(candidates.actions);
  const bound = new Bound(prices.lambda, pricePerAction(candidates, constraints, prices));
  for (const block of charge(candidates, costWeight)) {
    tally.add(block, assignment);
    bound.add(block);
  }
  const limits = caps.reduce(
    (sum, { offers }, j) => sum + offers * (prices.muMicros[j] as number),
    prices.lambda * (prices.lambda > 0 ? budgetOf(constraints) : 0),
  );
  const dualBoundMicros = bound.total(limits);
  return {
    ...prices,
    valueMicros: tally.gain,
    spendMicros: tally.spend,
    offers: tally.offers.reduce((sum, offers) => sum + offers, 0),
    dualBoundMicros,
    gap: dualBoundMicros > 0 ? Math.max(0, (dualBoundMicros - tally.gain) / dualBoundMicros) : 0,
    slack: {
      budgetMicros: budgetMicros - tally.spend,
      caps: caps.map(
        ({ actions, offers }) => offers - actions.reduce((sum, a) => sum + (tally.offers[a] as number), 0),
      ),
    },
  };
}

/** What one offer of each action costs at these prices of the caps, besides money. */
function pricePerAction({ actions }: Candidates, { caps }: Constraints, { muMicros }: Prices): Float64Array {
  const price = new Float64Array(actions);
  caps.forEach((cap, j) => {
    for (const action of cap.actions) price[action] = (price[action] as number) + (muMicros[j] as number);
  });
  return price;
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

/** Σ_i max(0, max_a net_ia) at the prices. */
class Bound {
  readonly #lambda: number;
  readonly #price: Float64Array;
  readonly #net = new CompensatedSum();
  #gains = 0;

  constructor(lambda: number, price: Float64Array) {
    this.#lambda = lambda;
    this.#price = price;
  }

  add({ users, offsets, action, gain, cost }: ChargedBlock): void {
    const lambda = this.#lambda;
    const price = this.#price;
    for (let user = 0; user < users; user++) {
      const end = offsets[user + 1] as number;
      let best = 0;
      let itsGain = 0;
      for (let option = offsets[user] as number; option < end; option++) {
        const g = gain[option] as number;
        const net = g - lambda * (cost[option] as number) - (price[action[option] as number] as number);
        if (net > best) {
          best = net;
          itsGain = g;
        }
      }
      this.#net.add(best);
      this.#gains += itsGain;
    }
  }

  /** The bound, with what the prices say the limits are worth. */
  total(limits: number): number {
    return this.#net.total() + limits + ROUNDING * (this.#gains + limits);
  }
}
