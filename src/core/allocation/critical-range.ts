/**
 * Where the budget runs out, on the scale of efficiencies.
 *
 *   The LP optimum takes the steps of all hulls by falling efficiency until Σ Δk = B.
 *
 * Source: Zemel 1984, Dyer 1984 (linear time by weighted medians). Variant: the weighted selection is by
 * radix, over the digits of the efficiency as a double, so that it needs no steps in memory and is exact; the
 * table of each digit is one pass over the candidates, and more than one pass is needed only where very many
 * steps are all but equally efficient.
 */
import { DIGITS, withDigit } from "../numerics/double-digits.ts";
import type { ChargedBlock } from "./charge.ts";
import { type EfficiencyRange, type EfficiencyTable, tabulateWithin } from "./efficiency-table.ts";

export interface CriticalRange extends EfficiencyRange {
  /** What the steps from `high` on cost together: ≤ B, while with those from `low` on it is > B, or all are. */
  readonly spendAbove: number;
  /** Steps in the range. */
  readonly steps: number;
  /** All steps in the range are equally efficient, to the last bit; there may be any number of them. */
  readonly alike: boolean;
}

/**
 * A range with at most `stepsMax` steps, or of one efficiency, in which the step lies that the budget cannot
 * pay in full. It reaches as far down from there as `stepsMax` allows. When the budget pays for every step, it is
 * the empty range at 0.
 */
export function criticalRange(
  passes: () => Iterable<ChargedBlock>,
  first: EfficiencyTable,
  { budget, stepsMax }: { readonly budget: number; readonly stepsMax: number },
): CriticalRange {
  let table = first;
  let origin = 0;
  let spendAbove = 0;
  for (let digit = 0; ; digit++) {
    const { entry, spend } = criticalEntry(table, budget - spendAbove);
    spendAbove += spend;
    if (entry < 0) return { low: 0, high: 0, spendAbove, steps: 0, alike: false };
    const low = withDigit(origin, digit, entry);
    const high = withDigit(origin, digit, entry + 1);
    const steps = table.steps[entry] as number;
    if (steps <= stepsMax) {
      return { ...extendDown({ table, entry, stepsMax, origin, digit }), high, spendAbove, alike: false };
    }
    if (digit === DIGITS - 1) return { low, high, spendAbove, steps, alike: true };
    table = tabulateWithin(passes(), { low, high }, digit + 1);
    origin = low;
  }
}

/** The entry from the top whose steps the budget cannot pay in full (−1: none), and what those above it cost. */
function criticalEntry({ cost }: EfficiencyTable, budget: number): { readonly entry: number; readonly spend: number } {
  let spend = 0;
  for (let entry = cost.length - 1; entry >= 0; entry--) {
    const more = spend + (cost[entry] as number);
    if (more > budget) return { entry, spend };
    spend = more;
  }
  return { entry: -1, spend };
}

interface Extension {
  readonly table: EfficiencyTable;
  readonly entry: number;
  readonly stepsMax: number;
  readonly origin: number;
  readonly digit: number;
}

/** Entries below are added while their steps are not too many: what the budget has left may pay for some of them. */
function extendDown({ table, entry, stepsMax, origin, digit }: Extension) {
  let steps = table.steps[entry] as number;
  let lowest = entry;
  while (lowest > 0 && steps + (table.steps[lowest - 1] as number) <= stepsMax) {
    lowest -= 1;
    steps += table.steps[lowest] as number;
  }
  return { low: withDigit(origin, digit, lowest), steps };
}
