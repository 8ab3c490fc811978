import { invariant } from "../errors.ts";
import { budgetOf, type Candidates, type Constraints } from "./candidates.ts";
import { type Certificate, certify } from "./certificate.ts";
import { charge } from "./charge.ts";
import { tabulate } from "./efficiency-table.ts";
import { spendBudget } from "./spend-budget.ts";

export interface Allocation extends Certificate {
  /** Of every user, in order: the action offered, or `NO_ACTION`. */
  readonly assignment: Int16Array;
}

/**
 * The most valuable assignment of at most one action to each user within the budget, as a multiple-choice
 * knapsack; with a certificate of how far from the best it can be. The same candidates in the same order
 * give the same bits.
 */
export function allocate(candidates: Candidates, constraints: Constraints): Allocation {
  invariant(constraints.caps.length === 0, "expected no caps");
  const market = {
    users: candidates.users,
    budget: budgetOf(constraints),
    blocks: () => charge(candidates, constraints.costWeight),
  };
  const { assignment, lambda } = spendBudget(market, tabulate(market.blocks()));
  const prices = { lambda, muMicros: [] };
  return { assignment, ...certify(candidates, constraints, { assignment, prices }) };
}
