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

/** Each fills a curve, in a loop: a formula that is called a step would take as long as the rest of a bootstrap. */
const CURVES = { uplift, qini, cost } as const satisfies Record<string, (prefixes: Prefixes, curve: Curve) => void>;

export type CurveName = keyof typeof CURVES;

/** Amounts per decision of both arms' population. The cost curve may step backwards: its costs are estimates. */
export function curveOf(name: CurveName, rows: RankedRows, weights: Float64Array): Curve {
  return curveOver(name, prefixesOf(rows, weights));
}

/** The same of prefixes that are known. @param curve is filled, where it is not new: `curveWith` as many points */
export function curveOver(name: CurveName, prefixes: Prefixes, curve = curveWith(prefixes.treated.length)): Curve {
  CURVES[name](prefixes, curve);
  return curve;
}

/** So many points, all of them the origin. */
export function curveWith(points: number): Curve {
  return { x: new Float64Array(points), y: new Float64Array(points) };
}

function uplift(prefixes: Prefixes, { x, y }: Curve): void {
  fillShares(prefixes, x);
  fillGains(prefixes, y, [prefixes.treatedValue, prefixes.controlValue]);
}

function qini(prefixes: Prefixes, { x, y }: Curve): void {
  const { treated, control, treatedValue, controlValue } = prefixes;
  const all = treated.at(-1) ?? 0;
  fillShares(prefixes, x);
  for (let i = 1; i < y.length; i++) {
    const scaled = ratio(treated[i] as number, control[i] as number);
    y[i] = ((treatedValue[i] as number) - (controlValue[i] as number) * scaled) / all;
  }
}

function cost(prefixes: Prefixes, { x, y }: Curve): void {
  fillGains(prefixes, x, [prefixes.treatedCost, prefixes.controlCost]);
  fillGains(prefixes, y, [prefixes.treatedValue, prefixes.controlValue]);
}

function fillShares({ treated, control }: Prefixes, shares: Float64Array): void {
  const all = (treated.at(-1) ?? 0) + (control.at(-1) ?? 0);
  for (let i = 1; i < shares.length; i++) shares[i] = ((treated[i] as number) + (control[i] as number)) / all;
}

/** Effect of the action over the prefix, per row, times how large the prefix is. @param sums of the treated, of the control */
function fillGains(
  { treated, control }: Prefixes,
  gains: Float64Array,
  [treatedSum, controlSum]: readonly [Float64Array, Float64Array],
): void {
  const all = (treated.at(-1) ?? 0) + (control.at(-1) ?? 0);
  for (let i = 1; i < gains.length; i++) {
    const t = treated[i] as number;
    const c = control[i] as number;
    gains[i] = ((ratio(treatedSum[i] as number, t) - ratio(controlSum[i] as number, c)) * (t + c)) / all;
  }
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
