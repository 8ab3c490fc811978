/**
 * What offers at prices leave over is given to users for whom it makes a difference: each may change to an
 * option that gains more and fits. Every change adds to the value; no constraint is ever exceeded. A bound on the
 * loss of net value keeps what is scarce for those who make most of it: to be raised from round to round.
 */
import type { ChargedBlock } from "./charge.ts";
import type { Market } from "./market.ts";
import { feesOf, type Offers, type Remaining } from "./resources.ts";

/** One round of changes at these prices that each lose at most `lossMax` of net value, in micros. */
export function upgrade(
  { blocks, resources }: Market,
  offers: Offers,
  { prices, lossMax }: { readonly prices: Float64Array; readonly lossMax: number },
): void {
  const lambda = prices[0] as number;
  const fees = feesOf(resources, prices);
  for (const block of blocks()) upgradeBlock(block, offers, { lambda, fees, lossMax });
}

interface Changes {
  readonly lambda: number;
  /** Per action. */
  readonly fees: Float64Array;
  readonly lossMax: number;
}

/** Users change in order; what one gives back the next may take. */
function upgradeBlock(block: ChargedBlock, { assignment, remaining }: Offers, changes: Changes): void {
  const { users, firstUser, offsets, action, cost } = block;
  const { lambda, fees, lossMax } = changes;
  for (let user = 0; user < users; user++) {
    const to = offsets[user + 1] as number;
    const assigned = assignment[firstUser + user] as number;
    let held = offsets[user] as number;
    while (held < to && action[held] !== assigned) held += 1;
    if (held === to) held = -1;
    const gain = held < 0 ? 0 : (block.gain[held] as number);
    const paid = held < 0 ? 0 : (cost[held] as number);
    let least = gain - lambda * paid - (held < 0 ? 0 : (fees[assigned] as number)) - lossMax;
    // Most options are too expensive, which is the quickest thing to see.
    const costMax = paid + remaining.money;
    let better = -1;
    for (let option = offsets[user] as number; option < to; option++) {
      const its = block.gain[option] as number;
      if (!(its > gain && (cost[option] as number) <= costMax)) continue;
      const net = its - lambda * (cost[option] as number) - (fees[action[option] as number] as number);
      if (net < least || !fitsInstead(block, { option, held }, remaining)) continue;
      least = net;
      better = option;
    }
    if (better < 0) continue;
    if (held >= 0) remaining.giveBack(assigned, cost[held] as number);
    remaining.take(action[better] as number, cost[better] as number);
    assignment[firstUser + user] = action[better] as number;
  }
}

/** Whether the option fits once the one that is held (−1: none) is given back. */
function fitsInstead(
  { action, cost }: ChargedBlock,
  { option, held }: { readonly option: number; readonly held: number },
  remaining: Remaining,
): boolean {
  if (held >= 0) remaining.giveBack(action[held] as number, cost[held] as number);
  const fits = remaining.fits(action[option] as number, cost[option] as number);
  if (held >= 0) remaining.take(action[held] as number, cost[held] as number);
  return fits;
}
