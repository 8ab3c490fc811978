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
import { type Prefixes, prefixesOf, type RankedRows } from "./ranked-rows.ts";

/** Points from the origin on, one a step. */
export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A loop each: a formula that is called a step would take as long as the rest of a bootstrap. */
const CURVES = { uplift, qini, cost } as const satisfies Record<string, (prefixes: Prefixes) => Curve>;

export type CurveName = keyof typeof CURVES;

/** Amounts per decision of both arms' population. The cost curve may step backwards: its costs are estimates. */
export function curveOf(name: CurveName, rows: RankedRows, weights: Float64Array): Curve {
  return curveOver(name, prefixesOf(rows, weights));
}

/** The same of prefixes that are known. */
export function curveOver(name: CurveName, prefixes: Prefixes): Curve {
  return CURVES[name](prefixes);
}

function uplift(prefixes: Prefixes): Curve {
  return { x: sharesOf(prefixes), y: gainsOf(prefixes, prefixes.treatedValue, prefixes.controlValue) };
}

function qini(prefixes: Prefixes): Curve {
  const { treated, control, treatedValue, controlValue } = prefixes;
  const all = treated.at(-1) ?? 0;
  const y = new Float64Array(treated.length);
  for (let i = 1; i < y.length; i++) {
    const scaled = ratio(treated[i] as number, control[i] as number);
    y[i] = ((treatedValue[i] as number) - (controlValue[i] as number) * scaled) / all;
  }
  return { x: sharesOf(prefixes), y };
}

function cost(prefixes: Prefixes): Curve {
  return {
    x: gainsOf(prefixes, prefixes.treatedCost, prefixes.controlCost),
    y: gainsOf(prefixes, prefixes.treatedValue, prefixes.controlValue),
  };
}

function sharesOf({ treated, control }: Prefixes): Float64Array {
  const all = (treated.at(-1) ?? 0) + (control.at(-1) ?? 0);
  const shares = new Float64Array(treated.length);
  for (let i = 1; i < shares.length; i++) shares[i] = ((treated[i] as number) + (control[i] as number)) / all;
  return shares;
}

/** Effect of the action over the prefix, per row, times how large the prefix is. */
function gainsOf({ treated, control }: Prefixes, treatedSum: Float64Array, controlSum: Float64Array): Float64Array {
  const all = (treated.at(-1) ?? 0) + (control.at(-1) ?? 0);
  const gains = new Float64Array(treated.length);
  for (let i = 1; i < gains.length; i++) {
    const t = treated[i] as number;
    const c = control[i] as number;
    gains[i] = ((ratio(treatedSum[i] as number, t) - ratio(controlSum[i] as number, c)) * (t + c)) / all;
  }
  return gains;
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

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
