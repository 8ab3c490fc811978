/** Policies that need no model of anybody, for comparison: nobody, everybody, and offers by the lot. */
import type { Clusters } from "./clusters.ts";
import type { Contributions, Modelled } from "./contributions.ts";
import type { Estimate, PolicyResult } from "./evaluation.ts";
import type { Expected } from "./sample.ts";

type About = Pick<PolicyResult, "policy" | "action" | "lambda" | "offered">;

/** Sums over the rows of each cluster. */
interface ClusterSums extends Contributions {
  readonly rows: Float64Array;
}

/** Nobody; everybody, with each action; and offers by the lot that cost what the incumbent spends, if they can. */
export function referencesOf(modelled: Modelled, clusters: Clusters, spent: number): readonly PolicyResult[] {
  const { actions } = modelled.sample;
  const all = (shares: readonly number[], about: Pick<PolicyResult, "policy" | "action">) => {
    const { sums, offered } = fixedPolicy(modelled, clusters, shares);
    return resultOf(clusters, sums, { ...about, lambda: null, offered });
  };
  const alone = (action: number, share: number) => actions.map((_, a) => (a === action ? share : 0));
  const nobody = all(alone(0, 1), { policy: "nobody", action: null });
  const everybody = actions.slice(1).map((action, k) => all(alone(k + 1, 1), { policy: "everybody", action }));
  const { sums } = fixedPolicy(modelled, clusters, evenly(actions.length, 1));
  const evenCost = total(sums.cost) / total(sums.rows);
  const share = (spent - nobody.cost.estimate) / (evenCost - nobody.cost.estimate);
  const affordable = Number.isFinite(share) && share >= 0 && share <= 1;
  const random = affordable ? [all(evenly(actions.length, share), { policy: "random", action: null })] : [];
  return [nobody, ...everybody, ...random];
}

export function resultOf(clusters: Clusters, { value, cost, rows }: ClusterSums, about: About): PolicyResult {
  const [ofValue = NONE, ofCost = NONE, profit = NONE] = clusters.estimates(
    [value, cost, rows],
    [([v = 0, , n = 0]) => v / n, ([, c = 0, n = 0]) => c / n, ([v = 0, c = 0, n = 0]) => (v - c) / n],
  );
  return { ...about, offered: Math.min(1, Math.max(0, about.offered)), value: ofValue, cost: ofCost, profit };
}

const NONE: Estimate = { estimate: NaN, standardError: NaN, low: NaN, high: NaN };

/**
 * ψ (contributions.ts) of "everybody gets the actions in these shares", summed as it is computed: there are many such
 * policies, and of a million rows each would have columns of its own. Whoever an action could not be drawn for gets
 * `no_offer`.
 */
export function fixedPolicy(
  { sample, baseline }: Modelled,
  clusters: Clusters,
  shares: readonly number[],
): { readonly sums: ClusterSums; readonly offered: number } {
  const { rows, logged, assigned, propensity, expectedValue, expectedCost } = sample;
  const actions = sample.actions.length;
  const sums = { value: clusters.empty(), cost: clusters.empty(), rows: clusters.empty() };
  let offers = 0;
  for (let i = 0; i < rows; i++) {
    let offered = 0;
    let drawn = 0;
    let value = baseline.value[i] as number;
    let cost = baseline.cost[i] as number;
    const chosenValue = value + (expectedValue.assigned[i] as number);
    const chosenCost = cost + (expectedCost.assigned[i] as number);
    for (let a = 1; a < actions; a++) {
      const share = shares[a] as number;
      const at = i * actions + a;
      if (share === 0 || (logged[at] as number) === 0) continue;
      offered += share;
      value += share * upliftAt(expectedValue, at);
      cost += share * upliftAt(expectedCost, at);
      if (assigned[i] === a) drawn = share;
    }
    if (assigned[i] === 0) drawn = 1 - offered;
    const w = drawn / (propensity[i] as number);
    const cluster = clusters.of(i);
    sums.value[cluster] = (sums.value[cluster] as number) + value + w * ((sample.value[i] as number) - chosenValue);
    sums.cost[cluster] = (sums.cost[cluster] as number) + cost + w * ((sample.cost[i] as number) - chosenCost);
    sums.rows[cluster] = (sums.rows[cluster] as number) + 1;
    offers += offered;
  }
  return { sums, offered: offers / rows };
}

/** 0 where it is not scored. */
function upliftAt({ uplift }: Expected, at: number): number {
  const tau = uplift[at] as number;
  return Number.isFinite(tau) ? tau : 0;
}

function evenly(actions: number, share: number): readonly number[] {
  return Array.from({ length: actions }, (_, a) => (a === 0 ? 0 : share / (actions - 1)));
}

function total(sums: Float64Array): number {
  return sums.reduce((all, sum) => all + sum, 0);
}
