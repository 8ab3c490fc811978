/**
 * The allocation under a budget alone: steps by falling efficiency, those of equal efficiency by the order of
 * users, each if it still fits. What the LP would give a fraction of is the first step that does not fit; at
 * most one user is fractional, so the integer value misses the LP's by less than that step's gain.
 *
 * After it, what is left of the budget goes to later steps that fit, as far down as `STEPS_MAX` steps reach. A
 * user whose step did not fit takes no later one: it would cost more still.
 */
import { NO_ACTION } from "./candidates.ts";
import type { ChargedBlock } from "./charge.ts";
import { climb } from "./climb.ts";
import { type CriticalRange, criticalRange } from "./critical-range.ts";
import type { EfficiencyTable } from "./efficiency-table.ts";
import type { Market } from "./market.ts";
import { type Offers, Remaining } from "./resources.ts";

/** Steps that are held in memory and sorted; around the critical one there are some thousands in a million users. */
const STEPS_MAX = 65_536;

export interface BudgetPlan {
  readonly offers: Offers;
  /** The efficiency of the step that the budget cannot pay in full; 0 when it pays for every one. */
  readonly lambda: number;
}

/** Spends a market's budget; `table` is of all steps, by the first digit of their efficiency. */
export function spendBudget(
  { users, blocks, resources }: Market,
  table: EfficiencyTable,
  stepsMax = STEPS_MAX,
): BudgetPlan {
  const budget = resources.limits[0] as number;
  const range = criticalRange(blocks, table, { budget, stepsMax });
  const assignment = new Int16Array(users).fill(NO_ACTION);
  const remaining = new Remaining({ ...resources, limits: Float64Array.of(budget - range.spendAbove) });
  const offers = { assignment, remaining };
  if (range.alike) {
    takeAlike(blocks(), range, offers);
    return { offers, lambda: range.low };
  }
  const steps = takeAbove(blocks(), range, assignment);
  return { offers, lambda: fill(steps, offers) };
}

/** All steps of the range are equally efficient, so the order of users is the order they are taken in. */
function takeAlike(blocks: Iterable<ChargedBlock>, range: CriticalRange, { assignment, remaining }: Offers): void {
  climb(blocks, (user, count, hull, { action }) => {
    for (let step = 0; step < count; step++) {
      const cost = hull.cost[step] as number;
      const efficiency = (hull.value[step] as number) / cost;
      if (efficiency < range.low) return;
      const offered = action[hull.option[step] as number] as number;
      if (efficiency < range.high) {
        if (!remaining.fits(offered, cost)) return;
        remaining.take(offered, cost);
      }
      assignment[user] = offered;
    }
  });
}

/** Steps of the critical range, in the order of users. */
interface Steps {
  readonly count: number;
  readonly efficiency: Float64Array;
  readonly cost: Float64Array;
  readonly user: Uint32Array;
  readonly action: Uint16Array;
}

/** Takes every step above the range, and returns those in it. */
function takeAbove(blocks: Iterable<ChargedBlock>, range: CriticalRange, assignment: Int16Array): Steps {
  const efficiencies = new Float64Array(range.steps);
  const costs = new Float64Array(range.steps);
  const users = new Uint32Array(range.steps);
  const actions = new Uint16Array(range.steps);
  let count = 0;
  climb(blocks, (user, steps, hull, { action }) => {
    for (let step = 0; step < steps; step++) {
      const cost = hull.cost[step] as number;
      const efficiency = (hull.value[step] as number) / cost;
      if (efficiency < range.low) return;
      const option = action[hull.option[step] as number] as number;
      if (efficiency >= range.high) {
        assignment[user] = option;
        continue;
      }
      efficiencies[count] = efficiency;
      costs[count] = cost;
      users[count] = user;
      actions[count] = option;
      count += 1;
    }
  });
  return { count, efficiency: efficiencies, cost: costs, user: users, action: actions };
}

/** Takes the steps that fit, and returns the efficiency of the first that does not; 0 if there is none. */
function fill({ count, efficiency, cost, user, action }: Steps, { assignment, remaining }: Offers): number {
  const order = Uint32Array.from({ length: count }, (_, i) => i).toSorted(
    (a, b) => (efficiency[b] as number) - (efficiency[a] as number) || a - b,
  );
  const done = new Set<number>();
  let lambda = 0;
  for (const step of order) {
    const who = user[step] as number;
    if (done.has(who)) continue;
    const offered = action[step] as number;
    if (remaining.fits(offered, cost[step] as number)) {
      remaining.take(offered, cost[step] as number);
      assignment[who] = offered;
    } else {
      if (done.size === 0) lambda = efficiency[step] as number;
      done.add(who);
    }
  }
  return lambda;
}
