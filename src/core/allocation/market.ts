import { type Candidates, type Constraints } from "./candidates.ts";
import { charge, type ChargedBlock } from "./charge.ts";
import { type Resources, resourcesOf } from "./resources.ts";

/** Users, what they may be offered, and what there is for them. */
export interface Market {
  readonly users: number;
  /** A pass over all users' charged candidates. */
  readonly blocks: () => Iterable<ChargedBlock>;
  readonly resources: Resources;
}

/** By order of magnitude, what an offer gains and costs, in micros; > 0. Steps and tolerances are in units of it. */
export interface Scale {
  readonly gain: number;
  readonly cost: number;
}

export function openMarket(candidates: Candidates, constraints: Constraints): Market {
  return {
    users: candidates.users,
    blocks: () => charge(candidates, constraints.costWeight),
    resources: resourcesOf(candidates, constraints),
  };
}
