/**
 * The best that could have been done, had everybody who came been known from the start: the LP optimum of the
 * multiple-choice knapsack, from the batch allocator's certificate. No online policy can be above it.
 */
import { allocate, type Allocation } from "../core/allocation/allocate.ts";
import type { Candidates } from "../core/allocation/candidates.ts";
import { MICROS_PER_UNIT, wholeMicros } from "../core/domain/money.ts";
import type { Users } from "./users.ts";

export interface Optimum {
  /** In money. */
  readonly value: number;
  /** The one price it can be reached at. */
  readonly lambda: number;
}

export function hindsightOptimum(users: Users, actions: number, budgetMicros: number): Optimum {
  const { dualBoundMicros, lambda } = solve(users, actions, budgetMicros);
  return { value: dualBoundMicros / MICROS_PER_UNIT, lambda };
}

/** What everybody's best action costs when money is no object, in micros. */
export function unconstrainedSpend(users: Users, actions: number): number {
  return solve(users, actions, Infinity).spendMicros;
}

function solve(users: Users, actions: number, budgetMicros: number): Allocation {
  return allocate(candidatesOf(users, actions), { budgetMicros, costWeight: 0, caps: [] });
}

function candidatesOf({ value, cost }: Users, actions: number): Candidates {
  const users = value.length / actions;
  const block = {
    users,
    offsets: Uint32Array.from({ length: users + 1 }, (_, user) => user * actions),
    action: Uint16Array.from(value, (_, candidate) => candidate % actions),
    valueMicros: value.map((amount) => wholeMicros(amount)),
    costMicros: cost.map((amount) => wholeMicros(amount)),
  };
  return { users, actions, blocks: () => [block] };
}
