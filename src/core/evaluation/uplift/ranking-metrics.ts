/**
 * Metrics of a ranking, each with the normalisation it is named for.
 *
 *   excess    (area − area of the straight line), curves per decision: outcome per decision; 0 is random
 *   perfect   excess / excess of the perfect ranking: 0 is random, 1 is perfect. scikit-uplift 0.5.1
 *             `qini_auc_score`, `uplift_auc_score` (negative_effect=True); of 0/1 outcomes only
 *   end       AUCC: area / (value of all · cost of all); 0.5 is random
 *   uplift@k  y_t/n_t − y_c/n_c of the first ⌊k·N⌋ rows, as `uplift_at_k`: "overall" of both arms together,
 *             "by_group" of each arm by itself
 */
import { area, chordArea, type Curve, curveOf, curveOver } from "./curves.ts";
import { type Comparison, type Prefixes, prefixesOf, ranked, type RankedRows } from "./ranked-rows.ts";

/** Between the curve and the straight line. */
export function excess(curve: Curve): number {
  return area(curve) - chordArea(curve);
}

/** Qini coefficient of a ranking of 0/1 values; NaN where even the perfect ranking is no better than chance. */
export function perfectQini(rows: RankedRows, weights: Float64Array): number {
  const ideal = rows.value.map((value, i) => (rows.treated[i] === 1 ? value : -value));
  return excess(curveOf("qini", rows, weights)) / excess(curveOf("qini", ...reranked(rows, weights, ideal)));
}

/** Normalised AUUC of a ranking of 0/1 values; NaN as `perfectQini`. */
export function perfectAuuc(rows: RankedRows, weights: Float64Array): number {
  let responders = 0;
  let idle = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    const value = rows.value[i] as number;
    if (rows.treated[i] === 1) idle += weight * (1 - value);
    else responders += weight * value;
  }
  const ideal = rows.value.map((value, i) => {
    const treated = rows.treated[i] as number;
    return 2 * Number(value === treated) + (responders > idle ? value : treated);
  });
  return excess(curveOf("uplift", rows, weights)) / excess(curveOf("uplift", ...reranked(rows, weights, ideal)));
}

/** AUCC of rows ranked by efficiency; null where all together bring nothing, or cost nothing. */
export function aucc(rows: RankedRows, weights: Float64Array): number | null {
  return auccOver(prefixesOf(rows, weights));
}

/** The same of prefixes that are known. @param scratch as the curve of `curveOver` */
export function auccOver(prefixes: Prefixes, scratch?: Curve): number | null {
  const curve = curveOver("cost", prefixes, scratch);
  const all = (curve.x.at(-1) ?? 0) * (curve.y.at(-1) ?? 0);
  return all === 0 ? null : area(curve) / all;
}

export type Strategy = "overall" | "by_group";

/** Effect among each of the shares, in (0, 1], of rows with the highest scores; NaN where an arm is not there. */
export function upliftAt(
  rows: RankedRows,
  weights: Float64Array,
  { shares, strategy }: { readonly shares: readonly number[]; readonly strategy: Strategy },
): readonly number[] {
  const mass = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    const arm = rows.treated[i] as number;
    mass[arm] = (mass[arm] as number) + (weights[i] as number);
  }
  const [control = 0, treated = 0] = mass;
  return shares.map((share) => {
    const both = Math.floor(share * (control + treated));
    const room = strategy === "overall" ? [both, both] : [Math.floor(share * control), Math.floor(share * treated)];
    return effectWithin(rows, weights, { room, strategy });
  });
}

/** Of the first rows, of which each arm's, or both together, fill the room there is. */
function effectWithin(
  rows: RankedRows,
  weights: Float64Array,
  { room, strategy }: { readonly room: number[]; readonly strategy: Strategy },
): number {
  const taken = [0, 0];
  const sums = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    const arm = rows.treated[i] as number;
    const inside = Math.min(weights[i] as number, room[arm] as number);
    taken[arm] = (taken[arm] as number) + inside;
    sums[arm] = (sums[arm] as number) + inside * (rows.value[i] as number);
    room[arm] = (room[arm] as number) - inside;
    if (strategy === "overall") room[1 - arm] = room[arm];
    if (room[0] === 0 && room[1] === 0) break;
  }
  return (sums[1] as number) / (taken[1] as number) - (sums[0] as number) / (taken[0] as number);
}

function reranked(rows: RankedRows, weight: Float64Array, score: Float64Array): readonly [RankedRows, Float64Array] {
  const comparison: Comparison = { ...rows, weight, score };
  const perfect = ranked(comparison);
  return [perfect, perfect.weight];
}
