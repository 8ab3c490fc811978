/**
 * What offers were truly worth: expected value less expected cost of what was given to whom, from the effects the world
 * knows; no luck of outcomes in it. Baselines spend, in every month, exactly what the service spent in it (in
 * expectation), and are given what they could not know: the best single action is that of hindsight. The oracle has the
 * whole budget of each month, knows every effect and everybody who will come.
 *
 *   oracle   max Σ V − k over at most one offer each, Σ k within the budget (the multiple-choice knapsack, by the batch
 *            allocator)
 */
import { allocate } from "../src/core/allocation/allocate.ts";
import { wholeMicros } from "../src/core/domain/money.ts";
import type { Arrival } from "./arrivals.ts";
import { BUDGET_USD, type Expected, OFFERS } from "./world.ts";

const NOTHING: Expected = { value: 0, cost: 0 };

/** Expected, of each arrival in order. */
export type Spending = readonly Expected[];

export const POLICIES = ["liftgate", "oracle", "likely buyers", "best single offer", "random", "no offers"] as const;
export type PolicyName = (typeof POLICIES)[number];

export interface MonthPlayed {
  readonly arrivals: readonly Arrival[];
  /** Number of the offer given to each, −1 for none. */
  readonly offers: readonly number[];
  /** The chance of an order of each, as a model of the logs has it; null before there are logs. */
  readonly likelihood: readonly number[] | null;
}

/** Expected value and cost of each arrival of the month, under each policy. */
export function scoreMonth({ arrivals, offers, likelihood }: MonthPlayed): Readonly<Record<PolicyName, Spending>> {
  const liftgate = arrivals.map(({ expected }, i) => expected[offers[i] ?? -1] ?? NOTHING);
  const spend = liftgate.reduce((sum, { cost }) => sum + cost, 0);
  const random = randomly(arrivals, spend);
  const inTurn = arrivals.map((_, i) => i);
  const byLikelihood =
    likelihood === null ? null : inTurn.toSorted((a, b) => (likelihood[b] ?? 0) - (likelihood[a] ?? 0));
  return {
    liftgate,
    oracle: oracle(arrivals),
    "likely buyers": byLikelihood === null ? random : bestSingle(arrivals, byLikelihood, spend),
    "best single offer": bestSingle(arrivals, inTurn, spend),
    random,
    "no offers": arrivals.map(() => NOTHING),
  };
}

export function profitOf(spending: Spending): number {
  return spending.reduce((sum, { value, cost }) => sum + value - cost, 0);
}

/** Each arrival the same mixture of all offers and none. */
function randomly(arrivals: readonly Arrival[], spend: number): Spending {
  const all = arrivals.reduce((sum, { expected }) => sum + expected.reduce((each, { cost }) => each + cost, 0), 0);
  const share = Math.min(1 / OFFERS.length, spend / all);
  return arrivals.map(({ expected }) => ({
    value: share * expected.reduce((sum, { value }) => sum + value, 0),
    cost: share * expected.reduce((sum, { cost }) => sum + cost, 0),
  }));
}

/** One offer to everybody in this order until the money is gone; that which earns most. */
function bestSingle(arrivals: readonly Arrival[], order: readonly number[], spend: number): Spending {
  const each = OFFERS.map((_, offer) => {
    const given = arrivals.map(() => NOTHING);
    let left = spend;
    for (const i of order) {
      const expected = arrivals[i]?.expected[offer] ?? NOTHING;
      // The last is given in part: spending is equal, to the cent.
      const part = Math.min(1, left / expected.cost);
      given[i] = { value: part * expected.value, cost: part * expected.cost };
      left -= part * expected.cost;
      if (left <= 0) break;
    }
    return given;
  });
  return each.reduce((best, next) => (profitOf(next) > profitOf(best) ? next : best));
}

function oracle(arrivals: readonly Arrival[]): Spending {
  const { assignment } = allocate(candidatesOf(arrivals), {
    budgetMicros: wholeMicros(BUDGET_USD),
    costWeight: 1,
    caps: [],
  });
  return arrivals.map(({ expected }, i) => expected[assignment[i] ?? -1] ?? NOTHING);
}

function candidatesOf(arrivals: readonly Arrival[]) {
  const all = arrivals.flatMap(({ expected }) => expected);
  const block = {
    users: arrivals.length,
    offsets: Uint32Array.from({ length: arrivals.length + 1 }, (_, user) => user * OFFERS.length),
    action: Uint16Array.from(all, (_, candidate) => candidate % OFFERS.length),
    valueMicros: Float64Array.from(all, ({ value }) => wholeMicros(value)),
    costMicros: Float64Array.from(all, ({ cost }) => wholeMicros(cost)),
  };
  return { users: arrivals.length, actions: OFFERS.length, blocks: () => [block] };
}
