/**
 * The demand for money by efficiency: what each arrival could have spent, binned by what it would have bought.
 *
 *   bin(e) += Δk,  e = Δv/Δk     for every step (Δv, Δk) of every user's upper hull
 *   S(λ) = Σ_{e ≥ λ} bin(e)      what all of them would have spent at the price λ
 *
 * 1024 bins of equal ratio (1.8 %) over 1e-4 ≤ e < 1e4. Δv is of V − w·k, so for profit (w = 1) the price read
 * here is the λ of `net = V − (w + λ)·k`, not w + λ. Steps at no cost (free lunches) are bought at any price and
 * do not enter. Above the range a step counts in the top bin: it is bought first, as it should be. Below the
 * range it does not count: a price down there is read as 0, and at 0 everything is bought.
 *
 * Decay is forward (Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009, "Forward decay"): an arrival at expected
 * share F of the period weighs 2^(F/H), whoever saw it, and S is divided by the sum of weights. Old arrivals fade
 * because newer ones weigh more; what was added is never touched again, so histograms of replicas add. Within
 * a period weights stay below 2^(1/H) ≈ 10 (H = 0.3), however many arrive.
 */
import { sumOf, type Sums } from "./sums.ts";

/** The sum of a bin has the bin's number, 0 to 1023, for its name. */
export const BINS = 1024;
const DECADES = 8;
const LOWEST = 1e-4;
/** No price is higher: at the top of the range nothing is bought that the histogram can tell apart. */
export const PRICE_MAX = 1e4;
const BINS_PER_NEPER = BINS / (DECADES * Math.LN10);

/** The share of a period after which an arrival counts half. */
const HALF_LIFE = 0.3;

/**
 * What is left of the weights when a new period begins. In the long run, all that was before then counts about as
 * much as one period's arrivals at the beginning of the next: twice what unbroken decay would leave (2^(−1/H) ≈ 0.1).
 * Days differ more inside than from one to the next, so the past is a better guide to the rest of a day than its
 * last hours.
 */
const CARRIED = 0.2;

/** Sum of the arrivals' weights. */
export const WEIGHT = "weight";

/** The weight of an arrival at this expected share of the period, in [0, 1]. */
export function weightAt(share: number): number {
  return 2 ** (share / HALF_LIFE);
}

/** The bin of an efficiency > 0; −1 below the range. */
export function binOf(efficiency: number): number {
  if (efficiency >= PRICE_MAX) return BINS - 1;
  return Math.max(-1, Math.floor(Math.log(efficiency / LOWEST) * BINS_PER_NEPER));
}

/**
 * The price at which an arrival spends `amount` on average, in [0, 1e4]: 0 when all of the demand is less, 1e4
 * when the amount is 0 or nothing has been seen: unknown means do not spend.
 *
 * @param amount ≥ 0, in the unit of the costs
 */
export function priceForSpend(sums: Sums, amount: number): number {
  const target = amount * sumOf(sums, WEIGHT);
  if (!(target > 0)) return PRICE_MAX;
  let spent = 0;
  for (let bin = BINS - 1; bin >= 0; bin--) {
    const inBin = sumOf(sums, bin);
    if (spent + inBin > target) return priceInside(bin, (target - spent) / inBin);
    spent += inBin;
  }
  return 0;
}

/** The demand as the next period begins with it. */
export function demandCarriedOver(sums: Sums): Sums {
  const carried: Record<string, number> = {};
  for (const name of [WEIGHT, ...Array(BINS).keys()]) {
    const amount = sumOf(sums, name) * CARRIED;
    if (amount > 0) carried[name] = amount;
  }
  return carried;
}

/** The efficiency at which this share of a bin, from its top, is bought: demand is even inside a bin, in log e. */
function priceInside(bin: number, share: number): number {
  return LOWEST * Math.exp((bin + 1 - share) / BINS_PER_NEPER);
}
