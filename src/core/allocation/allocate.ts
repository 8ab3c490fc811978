import { budgetOf, type Candidates, type Constraints } from "./candidates.ts";
import { type Certificate, certify } from "./certificate.ts";
import { charge } from "./charge.ts";
import { type EfficiencyTable, tabulate } from "./efficiency-table.ts";
import { openMarket, type Scale } from "./market.ts";
import { offerAtPrices } from "./offer-at-prices.ts";
import { budgetCurve, cappedCurve, curveBudgets, type CurvePoint } from "./response-curve.ts";
import { shadowPrices } from "./shadow-prices.ts";
import { spendBudget } from "./spend-budget.ts";
import { upgrade } from "./upgrade.ts";

export interface Allocation extends Certificate {
  /** Of every user, in order: the action offered, or `NO_ACTION`. */
  readonly assignment: Int16Array;
  readonly curve: readonly CurvePoint[];
}

/** Losses of net value that users may take for what is left over, round by round, in units of what an offer gains. */
const LOSSES = [1e-4, 1e-2, Infinity];

/**
 * The most valuable assignment of at most one action to each user within the budget and the caps, a
 * multiple-choice knapsack; with a certificate of how far from the best it can be. The same candidates in the
 * same order give the same bits.
 *
 * @example
 * // One user, one offer worth 2 for 1, a budget of 10: assignment [0], value 2e6 micros, spend 1e6, λ 0, gap 0.
 */
export function allocate(candidates: Candidates, constraints: Constraints): Allocation {
  const table = tabulate(charge(candidates, constraints.costWeight));
  const uncapped = allocateBudget(candidates, constraints, table);
  if (uncapped.slack.caps.every((left) => left >= 0)) return uncapped;
  return allocateCapped(candidates, constraints, { table, uncapped });
}

/** As if there were no caps: the best there is, if it happens to keep them. */
function allocateBudget(candidates: Candidates, constraints: Constraints, table: EfficiencyTable): Allocation {
  const market = openMarket(candidates, { ...constraints, caps: [] });
  const { offers, lambda } = spendBudget(market, table);
  upgrade(market, offers, { prices: Float64Array.of(lambda), lossMax: Infinity });
  const prices = Float64Array.of(lambda, ...constraints.caps.map(() => 0));
  return {
    assignment: offers.assignment,
    ...certify(candidates, constraints, { assignment: offers.assignment, prices }),
    curve: budgetCurve(table, curveBudgets(table, budgetOf(constraints))),
  };
}

function allocateCapped(
  candidates: Candidates,
  constraints: Constraints,
  { table, uncapped }: { readonly table: EfficiencyTable; readonly uncapped: Allocation },
): Allocation {
  const market = openMarket(candidates, constraints);
  const scale = scaleOf(uncapped);
  const dual = shadowPrices(market, scale, uncapped.lambda);
  const { prices } = dual;
  const offers = offerAtPrices(market, dual, scale.gain);
  for (const loss of LOSSES) upgrade(market, offers, { prices, lossMax: loss * scale.gain });
  return {
    assignment: offers.assignment,
    ...certify(candidates, constraints, { assignment: offers.assignment, prices }),
    curve: cappedCurve(market, scale, curveBudgets(table, budgetOf(constraints))),
  };
}

/** Some offers are made where a cap is exceeded. */
function scaleOf({ offers, valueMicros, spendMicros }: Allocation): Scale {
  return { gain: valueMicros / offers, cost: Math.max(1, spendMicros / offers) };
}
