/** Money as operators and callers write it: decimals that are whole numbers of micros. */
import { z } from "zod";

/** 1e9 units are 1e15 micros: every amount up to there is a whole number of micros in a double. */
const MONEY_MAX = 1e9;

export const ExactMoney = z
  .number()
  .min(0)
  .max(MONEY_MAX)
  .refine(isWholeMicros, "at most 6 decimals: money is counted in millionths of the currency's unit")
  .describe("Units of the currency, at most 6 decimals");
export const PositiveMoney = ExactMoney.refine((amount) => amount > 0, "more than 0");

/** The double nearest to k/10⁶ for an integer k: what a decimal with up to 6 places parses to. */
function isWholeMicros(amount: number): boolean {
  return Math.round(amount * 1e6) / 1e6 === amount;
}
