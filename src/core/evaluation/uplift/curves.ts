/**
 * Curves of one action against `no_offer`. With rows by falling score, over each prefix: n_t, n_c the rows, y_t, y_c
 * the sums of what was observed, and N_t, N_c those of all rows; every row counts as often as it weighs.
 *
 *   share         x = (n_t + n_c) / (N_t + N_c)
 *   uplift curve  y = (y_t/n_t − y_c/n_c)·x
 *   Qini curve    y = (y_t − y_c·n_t/n_c) / N_t                      (Radcliffe 2007)
 *   cost curve    x = uplift curve of the cost, y = uplift curve of the value    (Du, Lee, Ghaffarizadeh 2019)
 *
 * A mean of no rows is 0, as in scikit-uplift.
 */
import { type Prefix, type RankedRows, walk } from "./ranked-rows.ts";

/** Points from the origin on, one a step. */
export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export const CURVES = {
  uplift: (prefix: Prefix, all: Prefix) => [shareOf(prefix, all), valueOf(prefix) * shareOf(prefix, all)] as const,
  qini: (prefix: Prefix, all: Prefix) => {
    const { treated, control, treatedValue, controlValue } = prefix;
    return [shareOf(prefix, all), (treatedValue - controlValue * ratio(treated, control)) / all.treated] as const;
  },
  cost: (prefix: Prefix, all: Prefix) => {
    const share = shareOf(prefix, all);
    return [costOf(prefix) * share, valueOf(prefix) * share] as const;
  },
} as const;

export type CurveName = keyof typeof CURVES;

/** Amounts per decision of both arms' population. The cost curve may step backwards: its costs are estimates. */
export function curveOf(name: CurveName, rows: RankedRows, weights: Float64Array): Curve {
  const all = total(rows, weights);
  const steps = rows.last.reduce((sum, last) => sum + last, 0);
  const x = new Float64Array(steps + 1);
  const y = new Float64Array(steps + 1);
  const point = CURVES[name];
  let step = 0;
  walk(rows, weights, (prefix) => {
    step += 1;
    [x[step], y[step]] = point(prefix, all);
  });
  return { x, y };
}

/** By trapezoids. */
export function area({ x, y }: Curve): number {
  let sum = 0;
  for (let i = 1; i < x.length; i++) {
    sum += (((x[i] as number) - (x[i - 1] as number)) * ((y[i] as number) + (y[i - 1] as number))) / 2;
  }
  return sum;
}

/** Of the straight line from the origin to the curve's end: a random order. */
export function chordArea({ x, y }: Curve): number {
  return ((x.at(-1) ?? 0) * (y.at(-1) ?? 0)) / 2;
}

/** Effect of the action on the value, and on the cost, over the prefix: per row. */
export function valueOf({ treated, control, treatedValue, controlValue }: Prefix): number {
  return ratio(treatedValue, treated) - ratio(controlValue, control);
}

function costOf({ treated, control, treatedCost, controlCost }: Prefix): number {
  return ratio(treatedCost, treated) - ratio(controlCost, control);
}

function shareOf(prefix: Prefix, all: Prefix): number {
  return (prefix.treated + prefix.control) / (all.treated + all.control);
}

function total(rows: RankedRows, weights: Float64Array): Prefix {
  let all: Prefix = NOTHING;
  walk(rows, weights, (prefix) => {
    all = prefix;
  });
  return all;
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

const NOTHING: Prefix = { treated: 0, control: 0, treatedValue: 0, controlValue: 0, treatedCost: 0, controlCost: 0 };
