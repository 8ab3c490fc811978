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

interface Formula {
  readonly x: (prefix: Prefix) => number;
  readonly y: (prefix: Prefix) => number;
  /** What x and y are divided by, of all rows. */
  readonly over: (all: Prefix) => { readonly x: number; readonly y: number };
}

const CURVES = {
  uplift: { x: size, y: (prefix) => valueOf(prefix) * size(prefix), over: bothBySize },
  qini: {
    x: size,
    y: ({ treated, control, treatedValue, controlValue }) => treatedValue - controlValue * ratio(treated, control),
    over: (all) => ({ x: size(all), y: all.treated }),
  },
  cost: {
    x: (prefix) => costOf(prefix) * size(prefix),
    y: (prefix) => valueOf(prefix) * size(prefix),
    over: bothBySize,
  },
} as const satisfies Record<string, Formula>;

export type CurveName = keyof typeof CURVES;

/** Amounts per decision of both arms' population. The cost curve may step backwards: its costs are estimates. */
export function curveOf(name: CurveName, rows: RankedRows, weights: Float64Array): Curve {
  const steps = rows.last.reduce((sum, last) => sum + last, 0);
  const x = new Float64Array(steps + 1);
  const y = new Float64Array(steps + 1);
  const formula = CURVES[name];
  let all = NOTHING;
  let step = 0;
  walk(rows, weights, (prefix) => {
    step += 1;
    x[step] = formula.x(prefix);
    y[step] = formula.y(prefix);
    all = prefix;
  });
  const over = formula.over(all);
  for (let i = 1; i <= steps; i++) {
    x[i] = (x[i] as number) / over.x;
    y[i] = (y[i] as number) / over.y;
  }
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

/** Effect of the action on the value over the prefix, per row. */
function valueOf({ treated, control, treatedValue, controlValue }: Prefix): number {
  return ratio(treatedValue, treated) - ratio(controlValue, control);
}

function costOf({ treated, control, treatedCost, controlCost }: Prefix): number {
  return ratio(treatedCost, treated) - ratio(controlCost, control);
}

function size({ treated, control }: Prefix): number {
  return treated + control;
}

function bothBySize(all: Prefix): { readonly x: number; readonly y: number } {
  return { x: size(all), y: size(all) };
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

const NOTHING: Prefix = { treated: 0, control: 0, treatedValue: 0, controlValue: 0, treatedCost: 0, controlCost: 0 };
