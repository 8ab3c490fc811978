/**
 * Policies that need no model of anybody, for comparison: nobody, everybody, and offers by the lot.
 *
 * "Everybody gets the actions in these shares" is linear in the shares, and so is its ψ (contributions.ts):
 *
 *   ψ(shares) = ψ(nobody) + Σ_a share_a·Δ_a
 *   Δ_a       = 1[a could be drawn]·(τ_a(x) + (1[A = a] − 1[A = no_offer])/p·(r − q(x,A)))
 *
 * Whoever an action could not be drawn for gets `no_offer`. ψ(nobody) and Δ_a are summed over each cluster as they are
 * computed: of a million rows each policy would have columns of its own.
 */
import type { Clusters } from "./clusters.ts";
import type { Contributions, Modelled } from "./contributions.ts";
import type { Estimate, PolicyResult } from "./evaluation.ts";
import { total } from "./row-groups.ts";
import type { Expected } from "./sample.ts";

/** What a policy is called, and the share of the rows that it gives an offer. */
type About = Pick<PolicyResult, "policy" | "action" | "lambda" | "offered">;

/** ψ of a policy, summed over the rows of each cluster. */
export interface SummedPolicy extends About {
  readonly sums: Contributions;
}

/** Nobody; everybody, with each action; and offers by the lot that cost what the incumbent spends, if they can. */
export function referencesOf(modelled: Modelled, clusters: Clusters, spent: number): readonly SummedPolicy[] {
  const { actions, rows } = modelled.sample;
  const fixed = new FixedPolicies(modelled, clusters);
  const alone = (action: number) => fixed.at(actions.map((_, a) => (a === action ? 1 : 0)));
  const nobody = { policy: "nobody", action: null, lambda: null, ...alone(0) } as const;
  const everybody = actions.slice(1).map((action, k) => {
    return { policy: "everybody", action, lambda: null, ...alone(k + 1) } as const;
  });
  const costOf = ({ sums }: Pick<SummedPolicy, "sums">) => total(sums.cost) / rows;
  const evenCost = costOf(fixed.at(evenly(actions.length, 1)));
  const share = (spent - costOf(nobody)) / (evenCost - costOf(nobody));
  if (!Number.isFinite(share) || share < 0 || share > 1) return [nobody, ...everybody];
  const lot = fixed.at(evenly(actions.length, share));
  return [nobody, ...everybody, { policy: "random", action: null, lambda: null, ...lot }];
}

/** Means per decision. Together, as what is drawn is then counted once for all of them. */
export function resultsOf(clusters: Clusters, policies: readonly SummedPolicy[]): readonly PolicyResult[] {
  const sums = policies.flatMap((policy) => [policy.sums.value, policy.sums.cost]);
  const estimates = clusters.estimates(
    [clusters.rowsOfEach, ...sums],
    policies.flatMap((_, k) => [
      (of) => (of[2 * k + 1] ?? NaN) / (of[0] ?? NaN),
      (of) => (of[2 * k + 2] ?? NaN) / (of[0] ?? NaN),
      (of) => ((of[2 * k + 1] ?? NaN) - (of[2 * k + 2] ?? NaN)) / (of[0] ?? NaN),
    ]),
  );
  return policies.map(({ policy, action, lambda, offered }, k) => {
    const [value = NONE, cost = NONE, profit = NONE] = estimates.slice(3 * k);
    return { policy, action, lambda, offered: Math.min(1, Math.max(0, offered)), value, cost, profit };
  });
}

const NONE: Estimate = { estimate: NaN, standardError: NaN, low: NaN, high: NaN };

/** All policies that give everybody the same shares. */
export class FixedPolicies {
  readonly #actions: number;
  readonly #rows: number;
  /** [clusters × actions]: of `no_offer` ψ(nobody), of each other action Δ. */
  readonly #moved: Contributions;
  /** Rows for which each action could be drawn. */
  readonly #open: Float64Array;

  constructor({ sample, baseline }: Modelled, clusters: Clusters) {
    const { rows, logged, assigned, propensity, expectedValue, expectedCost } = sample;
    const actions = sample.actions.length;
    const [value, cost] = [new Float64Array(clusters.count * actions), new Float64Array(clusters.count * actions)];
    const open = new Float64Array(actions);
    for (let i = 0; i < rows; i++) {
      const drawn = assigned[i] as number;
      const muValue = baseline.value[i] as number;
      const muCost = baseline.cost[i] as number;
      const p = propensity[i] as number;
      const restValue = ((sample.value[i] as number) - muValue - (expectedValue.assigned[i] as number)) / p;
      const restCost = ((sample.cost[i] as number) - muCost - (expectedCost.assigned[i] as number)) / p;
      const base = clusters.of(i) * actions;
      value[base] = (value[base] as number) + muValue + (drawn === 0 ? restValue : 0);
      cost[base] = (cost[base] as number) + muCost + (drawn === 0 ? restCost : 0);
      for (let a = 1; a < actions; a++) {
        const at = i * actions + a;
        if ((logged[at] as number) === 0) continue;
        const sign = Number(drawn === a) - Number(drawn === 0);
        open[a] = (open[a] as number) + 1;
        value[base + a] = (value[base + a] as number) + upliftAt(expectedValue, at) + sign * restValue;
        cost[base + a] = (cost[base + a] as number) + upliftAt(expectedCost, at) + sign * restCost;
      }
    }
    this.#actions = actions;
    this.#rows = rows;
    this.#moved = { value, cost };
    this.#open = open;
  }

  /** @param shares of all actions; what they leave is `no_offer`'s, whatever its own says */
  at(shares: readonly number[]): Pick<SummedPolicy, "sums" | "offered"> {
    const { value, cost } = this.#moved;
    const offers = this.#open.reduce((sum, rows, a) => sum + rows * (shares[a] as number), 0);
    return {
      sums: { value: this.#mixed(value, shares), cost: this.#mixed(cost, shares) },
      offered: offers / this.#rows,
    };
  }

  #mixed(moved: Float64Array, shares: readonly number[]): Float64Array {
    const actions = this.#actions;
    return new Float64Array(moved.length / actions).map((_, cluster) => {
      let sum = moved[cluster * actions] as number;
      for (let a = 1; a < actions; a++) sum += (shares[a] as number) * (moved[cluster * actions + a] as number);
      return sum;
    });
  }
}

/** 0 where it is not scored. */
function upliftAt({ uplift }: Expected, at: number): number {
  const tau = uplift[at] as number;
  return Number.isFinite(tau) ? tau : 0;
}

function evenly(actions: number, share: number): readonly number[] {
  return Array.from({ length: actions }, (_, a) => (a === 0 ? 0 : share / (actions - 1)));
}
