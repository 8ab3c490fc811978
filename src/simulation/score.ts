/** Contests of one scenario over several seeds, as figures. */
import { type Contest, POLICIES, type Policy } from "./contest.ts";

export interface Spread {
  readonly mean: number;
  readonly worst: number;
}

export interface Score {
  readonly seeds: number;
  /** Value over the hindsight optimum. */
  readonly ratio: Readonly<Record<Policy, Spread>>;
  /** Spend of the paced play over the budget. */
  readonly utilisation: Spread;
  /** The most by which any play of any policy went over its budget, in micros: 0, or something is broken. */
  readonly overspendMicros: number;
}

export function scoreOf(contests: readonly Contest[]): Score {
  const ratioOf = (policy: Policy): Spread =>
    spreadOf(contests.map(({ plays, optimum }) => plays[policy].value / optimum.value));
  return {
    seeds: contests.length,
    ratio: { paced: ratioOf("paced"), static: ratioOf("static"), clock: ratioOf("clock") },
    utilisation: spreadOf(contests.map(({ plays, budgetMicros }) => plays.paced.spentMicros / budgetMicros)),
    overspendMicros: Math.max(0, ...contests.flatMap(overspends)),
  };
}

function overspends({ plays, budgetMicros }: Contest): readonly number[] {
  return POLICIES.map((policy) => plays[policy].spentMicros - budgetMicros);
}

function spreadOf(figures: readonly number[]): Spread {
  return { mean: figures.reduce((sum, figure) => sum + figure, 0) / figures.length, worst: Math.min(...figures) };
}
