/**
 * Prices of the budget and of every cap at which users, each given the best net value, use up what there is:
 * the minimum of the dual. First for a sample of users with their share of the limits, where a pass takes
 * milliseconds, then for all, where a few passes are left to do.
 */
import type { ChargedBlock } from "./charge.ts";
import { descend } from "./descend.ts";
import type { Market, Scale } from "./market.ts";
import type { SmoothedDual } from "./smoothed-dual.ts";

/** Prices of a sample are right to about 1 in the root of its size. */
const SAMPLE_USERS = 20_000;
const SAMPLE_TOLERANCE = 1e-9;
/** Of very many users few are about to change their minds, and the dual is far closer than this promises. */
const TOLERANCE = 1e-8;
/** τ to begin with, in units of what an offer gains: without any prices, and with those of a sample. */
const TAU_FROM_NOTHING = 0.1;
const TAU_FROM_SAMPLE = 0.01;

/** Where the dual settles; `lambda` is that of the budget without caps. */
export function shadowPrices(market: Market, scale: Scale, lambda: number): SmoothedDual {
  const sample = sampleOf(market);
  const prices = new Float64Array(market.resources.limits.length);
  prices[0] = lambda;
  const rough = descend(
    { ...sample, scale, tolerance: SAMPLE_TOLERANCE },
    { prices, tau: TAU_FROM_NOTHING * scale.gain },
  );
  if (sample.users === market.users) return rough;
  return descend(
    { ...market, scale, tolerance: TOLERANCE },
    { prices: rough.prices, tau: TAU_FROM_SAMPLE * scale.gain },
  );
}

/** The first users, who are a random sample as users are ordered by a hash, with their share of the resources. */
export function sampleOf(market: Market): Market {
  const users = Math.min(market.users, SAMPLE_USERS);
  const share = users / market.users;
  const limits = market.resources.limits.map((limit) => limit * share);
  return {
    ...market,
    users,
    blocks: () => firstUsers(market.blocks(), users),
    resources: { ...market.resources, limits },
  };
}

function* firstUsers(blocks: Iterable<ChargedBlock>, count: number): Generator<ChargedBlock, void, void> {
  for (const block of blocks) {
    yield { ...block, users: Math.min(block.users, count - block.firstUser) };
    if (block.firstUser + block.users >= count) return;
  }
}
