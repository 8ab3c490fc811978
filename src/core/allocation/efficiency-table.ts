import { digitOf, DIGIT_SIZE, FIRST_DIGIT_SIZE, firstDigitOf } from "../numerics/double-digits.ts";
import type { ChargedBlock } from "./charge.ts";
import { climb } from "./climb.ts";

/** Efficiencies from `low` (included) to `high` (excluded). */
export interface EfficiencyRange {
  readonly low: number;
  readonly high: number;
}

/**
 * What the steps of all hulls cost and gain, by one digit of their efficiency Δg/Δk: the response of gain to
 * budget, in radix order. Free steps are left out: they are taken at any price.
 */
export interface EfficiencyTable {
  readonly cost: Float64Array;
  readonly gain: Float64Array;
  readonly steps: Uint32Array;
  /** What all steps gain that cost nothing. */
  readonly freeGain: number;
}

/** The table by the first digit, of all steps. */
export function tabulate(blocks: Iterable<ChargedBlock>): EfficiencyTable {
  const { cost, gain, steps } = emptyTable(FIRST_DIGIT_SIZE);
  let freeGain = 0;
  climb(blocks, (_user, count, hull) => {
    for (let step = 0; step < count; step++) {
      const moreGain = hull.value[step] as number;
      const moreCost = hull.cost[step] as number;
      if (moreCost === 0) {
        freeGain += moreGain;
        continue;
      }
      const at = firstDigitOf(moreGain / moreCost);
      cost[at] = (cost[at] as number) + moreCost;
      gain[at] = (gain[at] as number) + moreGain;
      steps[at] = (steps[at] as number) + 1;
    }
  });
  return { cost, gain, steps, freeGain };
}

/** The table by a later digit, of the steps within a range of which all efficiencies share the digits before. */
export function tabulateWithin(
  blocks: Iterable<ChargedBlock>,
  { low, high }: EfficiencyRange,
  digit: number,
): EfficiencyTable {
  const { cost, gain, steps } = emptyTable(DIGIT_SIZE);
  climb(blocks, (_user, count, hull) => {
    for (let step = 0; step < count; step++) {
      const moreGain = hull.value[step] as number;
      const moreCost = hull.cost[step] as number;
      const efficiency = moreGain / moreCost;
      if (efficiency < low) return;
      if (efficiency >= high) continue;
      const at = digitOf(efficiency, digit);
      cost[at] = (cost[at] as number) + moreCost;
      gain[at] = (gain[at] as number) + moreGain;
      steps[at] = (steps[at] as number) + 1;
    }
  });
  return { cost, gain, steps, freeGain: 0 };
}

function emptyTable(size: number) {
  return { cost: new Float64Array(size), gain: new Float64Array(size), steps: new Uint32Array(size) };
}
