/**
 * The dual function with its corners rounded off, so that it has a curvature to take Newton steps by:
 *
 *   D_τ(π) = Σ_i τ·ln(1 + Σ_a exp(net_ia/τ)) + π·b,      net_ia = g_ia − π·A_ia
 *
 * It lies above D by at most τ·ln(1 + options) a user, and by next to nothing for users who are not about to
 * change their minds. With p_ia the softmax of the net values (no offer included, at 0):
 *
 *   ∇D_τ = b − Σ_i Σ_a p_ia·A_ia          ∇²D_τ = (1/τ)·Σ_i Cov_{p_i}(A_i)
 *
 * Source: Nesterov 2005, "Smooth minimization of non-smooth functions", with the entropy as prox function.
 * An offer uses cost, and 1 of the caps of its action: so covariances are gathered by action, and turned into
 * those of the resources at the end.
 */
import { CompensatedSum } from "../numerics/compensated-sum.ts";
import type { ChargedBlock } from "./charge.ts";
import { feesOf, type Resources, worthOf } from "./resources.ts";

export interface SmoothedDual {
  readonly prices: Float64Array;
  readonly tau: number;
  /** D_τ. */
  readonly value: number;
  /** D_τ − D ≥ 0. At the minimum of D_τ, D misses its own by no more than this (with the entropy taken there). */
  readonly smoothing: number;
  readonly gradient: Float64Array;
  /** ∇²D_τ by rows. */
  readonly curvature: Float64Array;
}

/** Beyond so many τ below the best, an option's share is below the precision of a double. */
export const NEGLIGIBLE = 37;

export function smoothedDual(
  blocks: Iterable<ChargedBlock>,
  resources: Resources,
  { prices, tau }: Pick<SmoothedDual, "prices" | "tau">,
): SmoothedDual {
  const demand = new Demand(resources.actions);
  const choice = new SoftChoice(prices[0] as number, feesOf(resources, prices), tau);
  for (const block of blocks) choice.addAll(block, demand);
  const smoothing = choice.smoothing.total();
  return {
    prices,
    tau,
    value: choice.best.total() + smoothing + worthOf(resources, prices),
    smoothing,
    gradient: demand.gradient(resources),
    curvature: demand.curvature(resources, tau),
  };
}

/** What users are expected to take, and how it varies, by action. */
class Demand {
  readonly #actions: number;
  readonly offers: Float64Array;
  spend = 0;
  /** Σ_i (diag p_i − p_i p_iᵀ), by rows. */
  readonly offerCovariance: Float64Array;
  /** Σ_i Cov(offer of a, cost). */
  readonly costCovariance: Float64Array;
  costVariance = 0;

  constructor(actions: number) {
    this.#actions = actions;
    this.offers = new Float64Array(actions);
    this.offerCovariance = new Float64Array(actions * actions);
    this.costCovariance = new Float64Array(actions);
  }

  gradient({ limits, capsOf }: Resources): Float64Array {
    const gradient = Float64Array.from(limits);
    gradient[0] = (gradient[0] as number) - this.spend;
    for (let a = 0; a < this.#actions; a++) {
      for (const cap of capsOf[a] as Int32Array) {
        gradient[cap] = (gradient[cap] as number) - (this.offers[a] as number);
      }
    }
    return gradient;
  }

  curvature({ limits, capsOf }: Resources, tau: number): Float64Array {
    const n = limits.length;
    const h = new Float64Array(n * n);
    h[0] = this.costVariance / tau;
    for (let a = 0; a < this.#actions; a++) {
      const mixed = (this.costCovariance[a] as number) / tau;
      for (const cap of capsOf[a] as Int32Array) {
        h[cap] = (h[cap] as number) + mixed;
        h[cap * n] = (h[cap * n] as number) + mixed;
        for (let b = 0; b < this.#actions; b++) {
          const both = (this.offerCovariance[a * this.#actions + b] as number) / tau;
          for (const other of capsOf[b] as Int32Array) h[cap * n + other] = (h[cap * n + other] as number) + both;
        }
      }
    }
    return h;
  }
}

/** Every user's choice at the prices, softened by τ. */
class SoftChoice {
  readonly best = new CompensatedSum();
  readonly smoothing = new CompensatedSum();
  readonly #lambda: number;
  readonly #fees: Float64Array;
  readonly #tau: number;
  /** The user's options that have a share worth counting. */
  #live = new Int32Array(0);
  #share = new Float64Array(0);

  constructor(lambda: number, fees: Float64Array, tau: number) {
    this.#lambda = lambda;
    this.#fees = fees;
    this.#tau = tau;
  }

  addAll(block: ChargedBlock, demand: Demand): void {
    const { users, offsets, action, gain, cost } = block;
    const lambda = this.#lambda;
    const fees = this.#fees;
    const within = NEGLIGIBLE * this.#tau;
    for (let user = 0; user < users; user++) {
      const from = offsets[user] as number;
      const to = offsets[user + 1] as number;
      let best = 0;
      let second = -Infinity;
      let choice = -1;
      for (let option = from; option < to; option++) {
        const net =
          (gain[option] as number) - lambda * (cost[option] as number) - (fees[action[option] as number] as number);
        if (net > best) {
          second = best;
          best = net;
          choice = option;
        } else if (net > second) second = net;
      }
      this.best.add(best);
      if (best - second < within) this.#soften(block, demand, { from, to, best });
      else if (choice >= 0) {
        const taken = action[choice] as number;
        demand.offers[taken] = (demand.offers[taken] as number) + 1;
        demand.spend += cost[choice] as number;
      }
    }
  }

  /** A user for whom more than one choice counts. */
  #soften(
    { action, gain, cost }: ChargedBlock,
    demand: Demand,
    { from, to, best }: { readonly from: number; readonly to: number; readonly best: number },
  ): void {
    if (this.#live.length < to - from) {
      this.#live = new Int32Array(to - from);
      this.#share = new Float64Array(to - from);
    }
    const live = this.#live;
    const share = this.#share;
    let count = 0;
    let total = Math.exp(-best / this.#tau);
    for (let option = from; option < to; option++) {
      const net =
        (gain[option] as number) -
        this.#lambda * (cost[option] as number) -
        (this.#fees[action[option] as number] as number);
      const below = (best - net) / this.#tau;
      if (!(below < NEGLIGIBLE)) continue;
      const weight = Math.exp(-below);
      live[count] = option;
      share[count] = weight;
      total += weight;
      count += 1;
    }
    this.smoothing.add(this.#tau * Math.log(total));
    let spend = 0;
    for (let i = 0; i < count; i++) {
      share[i] = (share[i] as number) / total;
      spend += (share[i] as number) * (cost[live[i] as number] as number);
    }
    this.#record({ action, cost }, demand, { count, spend });
  }

  #record(
    { action, cost }: Pick<ChargedBlock, "action" | "cost">,
    demand: Demand,
    { count, spend }: { readonly count: number; readonly spend: number },
  ): void {
    const { offers, offerCovariance, costCovariance } = demand;
    const actions = offers.length;
    demand.spend += spend;
    for (let i = 0; i < count; i++) {
      const option = this.#live[i] as number;
      const a = action[option] as number;
      const p = this.#share[i] as number;
      const k = cost[option] as number;
      offers[a] = (offers[a] as number) + p;
      costCovariance[a] = (costCovariance[a] as number) + p * (k - spend);
      demand.costVariance += p * k * (k - spend);
      const row = a * actions;
      offerCovariance[row + a] = (offerCovariance[row + a] as number) + p;
      for (let j = 0; j < count; j++) {
        const at = row + (action[this.#live[j] as number] as number);
        offerCovariance[at] = (offerCovariance[at] as number) - p * (this.#share[j] as number);
      }
    }
  }
}
