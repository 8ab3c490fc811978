/**
 * Cumulative gain and Qini as causalml has them: a point a row, normalised by the last point.
 *
 *   gain(k) = (y_t/n_t − y_c/n_c)·k,   qini(k) = y_t − y_c·n_t/n_c       over the first k rows
 *   AUUC    = mean of gain / |gain(n)| over k = 0…n                        a random order has about 0.5
 *   Qini    = the same of qini, less that of the straight line to its end
 *
 * Source: causalml 0.18.0 `get_cumgain`, `get_qini`, `auuc_score`, `qini_score` (normalize=True). While one of the
 * arms has no row yet, y_t/n_t − y_c/n_c (for Qini: qini) lies on the line from 0 to where both have one. Rows count
 * once, whatever they weigh. Limits: causalml leaves the order of equal scores to its sort; here the later row is first.
 */
import type { RankedRows } from "./ranked-rows.ts";

export type GainName = "gain" | "qini";

/** n + 1 points, the first 0. */
export function gainCurve(name: GainName, rows: RankedRows): Float64Array {
  const n = rows.treated.length;
  const curve = new Float64Array(n + 1);
  const mass = { treated: 0, control: 0, treatedValue: 0, controlValue: 0 };
  let known = 0;
  for (let k = 1; k <= n; k++) {
    const value = rows.value[k - 1] as number;
    if (rows.treated[k - 1] === 1) {
      mass.treated += 1;
      mass.treatedValue += value;
    } else {
      mass.control += 1;
      mass.controlValue += value;
    }
    if (mass.control === 0 || (name === "gain" && mass.treated === 0)) continue;
    curve[k] = POINT[name](mass);
    if (known === 0) for (let i = 1; i < k; i++) curve[i] = ((curve[k] as number) * i) / k;
    known = k;
  }
  return name === "qini" ? curve : curve.map((lift, k) => lift * k);
}

/** Normalised area. NaN where all rows together show no effect. */
export function endNormalised(name: GainName, rows: RankedRows): number {
  const curve = gainCurve(name, rows);
  const end = curve.at(-1) ?? 0;
  const mean = curve.reduce((sum, y) => sum + y, 0) / curve.length / Math.abs(end);
  return name === "gain" ? mean : mean - Math.sign(end) / 2;
}

interface Mass {
  readonly treated: number;
  readonly control: number;
  readonly treatedValue: number;
  readonly controlValue: number;
}

const POINT = {
  gain: ({ treated, control, treatedValue, controlValue }: Mass) => treatedValue / treated - controlValue / control,
  qini: ({ treated, control, treatedValue, controlValue }: Mass) => treatedValue - (controlValue * treated) / control,
} as const;
