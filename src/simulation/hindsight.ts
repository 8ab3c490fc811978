/**
 * The best that could have been done, had everybody who came been known from the start: the LP optimum of the
 * multiple-choice knapsack. An upper bound of every online policy, the integer ones included.
 */
import { hullFor, upperHull } from "../core/numerics/upper-hull.ts";
import type { Users } from "./users.ts";

export interface Optimum {
  readonly value: number;
  /** The one price it can be reached at. */
  readonly lambda: number;
}

/** What everybody's best action costs when money is no object. */
export function unconstrainedSpend(users: Users, actions: number): number {
  return stepsOf(users, actions).cost.reduce((sum, cost) => sum + cost, 0);
}

/** @param budget in money */
export function hindsightOptimum(users: Users, actions: number, budget: number): Optimum {
  const { value: gains, cost: costs } = stepsOf(users, actions);
  const order = Uint32Array.from({ length: gains.length }, (_, step) => step);
  const efficiency = gains.map((gain, step) => gain / (costs[step] as number));
  order.sort((a, b) => (efficiency[b] as number) - (efficiency[a] as number));
  let spent = 0;
  let value = 0;
  for (const step of order) {
    const cost = costs[step] as number;
    const gain = gains[step] as number;
    if (spent + cost > budget) return { value: value + (gain * (budget - spent)) / cost, lambda: gain / cost };
    spent += cost;
    value += gain;
  }
  return { value, lambda: 0 };
}

/** The steps of all users' hulls. */
function stepsOf(
  { value, cost }: Users,
  actions: number,
): { readonly value: Float64Array; readonly cost: Float64Array } {
  const hull = hullFor(actions);
  const gains = new Float64Array(value.length);
  const costs = new Float64Array(value.length);
  let count = 0;
  for (let from = 0; from < value.length; from += actions) {
    const steps = upperHull({ value, cost, from, to: from + actions }, hull);
    for (let step = 0; step < steps; step++) {
      gains[count] = hull.value[step] as number;
      costs[count] = hull.cost[step] as number;
      count += 1;
    }
  }
  return { value: gains.subarray(0, count), cost: costs.subarray(0, count) };
}
