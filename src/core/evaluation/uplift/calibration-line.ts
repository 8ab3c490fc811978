/**
 * The line of the effect on its prediction: the treated's least squares line of the outcome less the control's, rows
 * weighing 1/p. Both are functions of sums over rows, so that a bootstrap replicate need not pass over the rows again.
 *
 *   with x = prediction − centre:  slope = (Σwxy·Σw − Σwx·Σwy) / (Σwx²·Σw − (Σwx)²),  at x = 0: (Σwy − slope·Σwx) / Σw
 */
import type { Predicted } from "./calibration.ts";

export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** What is summed, and the line of sums of it: NaN where the predictions of an arm are all the same. */
export interface LineOfSums {
  readonly columns: readonly Float64Array[];
  readonly lineOf: (sums: readonly number[]) => Line;
}

export function lineOfSums(rows: Predicted): LineOfSums {
  // Of predictions that are far from 0 and close to each other the squares would lose the digits that differ.
  const centre = rows.effect.reduce((sum, x) => sum + x, 0) / rows.effect.length;
  return {
    columns: [...columnsOf(rows, 1, centre), ...columnsOf(rows, 0, centre)],
    lineOf: (sums) => {
      const treated = armLine(sums.slice(0, SUMS));
      const control = armLine(sums.slice(SUMS));
      const slope = treated.slope - control.slope;
      return { slope, intercept: treated.intercept - control.intercept - slope * centre };
    },
  };
}

/** Columns of one arm: w, wx, wy, wx², wxy. */
const SUMS = 5;

function columnsOf(
  { effect, treated, outcome, weight }: Predicted,
  arm: 0 | 1,
  centre: number,
): readonly Float64Array[] {
  const own = weight.map((w, i) => (treated[i] === arm ? w : 0));
  const x = own.map((w, i) => w * ((effect[i] as number) - centre));
  return [
    own,
    x,
    own.map((w, i) => w * (outcome[i] as number)),
    x.map((wx, i) => wx * ((effect[i] as number) - centre)),
    x.map((wx, i) => wx * (outcome[i] as number)),
  ];
}

function armLine([w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0]: readonly number[]): Line {
  const spread = wxx * w - wx * wx;
  const slope = spread <= SPREAD_MIN * wxx * w ? NaN : (wxy * w - wx * wy) / spread;
  return { slope, intercept: (wy - slope * wx) / w };
}

/** A smaller part of the square is what is left of rounding. */
const SPREAD_MIN = 1e-12;
