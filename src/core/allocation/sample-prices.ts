import type { Candidates, Constraints } from "./candidates.ts";
import { charge } from "./charge.ts";
import { openMarket, type Scale } from "./market.ts";
import { shadowPrices } from "./shadow-prices.ts";

/**
 * What one offer more under each cap would be worth, judged by a sample: the shadow prices at which the users of
 * the sample use up their share of the budget and of the caps. An error of about 1 in the root of the offers that
 * the sample gets under a cap is to be expected.
 *
 * @param share of the constraints that is the sample's: its users over all users. > 0, and more than 1 where fewer
 * users are to come than the sample has
 * @returns μ in micros per offer, in the order of the caps; 0 where a cap does not bind
 */
export function samplePrices(candidates: Candidates, constraints: Constraints, share: number): readonly number[] {
  const scale = scaleOf(candidates, constraints);
  if (scale === null) return constraints.caps.map(() => 0);
  const market = openMarket(candidates, constraints);
  const limits = market.resources.limits.map((limit) => limit * share);
  const { prices } = shadowPrices({ ...market, resources: { ...market.resources, limits } }, scale, 0);
  return [...prices.subarray(1)];
}

/** What the offers are worth and cost that have worth; null when none has. */
function scaleOf(candidates: Candidates, { costWeight }: Constraints): Scale | null {
  let offers = 0;
  let gains = 0;
  let costs = 0;
  for (const { offsets, users, gain, cost } of charge(candidates, costWeight)) {
    for (let option = offsets[0] as number; option < (offsets[users] as number); option++) {
      if (!((gain[option] as number) > 0)) continue;
      offers += 1;
      gains += gain[option] as number;
      costs += cost[option] as number;
    }
  }
  return offers === 0 ? null : { gain: gains / offers, cost: Math.max(1, costs / offers) };
}
