/** What pacing is compared with. */
import type { Pacing } from "../core/domain/decision.ts";
import { type Controller, type EpochStart, spentFrom } from "./play-day.ts";
import { DAY_MS, type World } from "./world.ts";

/** One price all day. Yesterday's is the threshold that a batch run would have left behind. */
export function staticThreshold(lambda: number): Controller {
  const prices = priced(lambda);
  return { beginEpoch: () => {}, pricesFor: () => prices, observe: () => {} };
}

/**
 * Yesterday's price, moved every minute by a PI rule on what was spent against the share of the day that has passed:
 *
 *   e = spent/budget − t/T;   λ = λ_0·exp(8·e + 8·∫e)
 */
export function clockDriven({ past }: World): Controller {
  let prices = priced(past.optimum.lambda);
  let lastMs = 0;
  let integral = 0;
  return {
    beginEpoch: ({ atMs, purse }: EpochStart) => {
      if (atMs - lastMs < CONTROL_EVERY_MS) return;
      const error = spentFrom(purse) / purse.granted - atMs / DAY_MS;
      integral += (error * (atMs - lastMs)) / DAY_MS;
      lastMs = atMs;
      prices = priced(past.optimum.lambda * Math.exp(PROPORTIONAL * error + INTEGRAL * integral));
    },
    pricesFor: () => prices,
    observe: () => {},
  };
}

const CONTROL_EVERY_MS = 60_000;
const PROPORTIONAL = 8;
const INTEGRAL = 8;

function priced(lambda: number): Pacing {
  return { epoch: 0, lambda, mu: {}, rho: null, inPeriod: null };
}
