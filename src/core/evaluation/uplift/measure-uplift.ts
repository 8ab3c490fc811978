/**
 * How well a model ranks, for every paid action against `no_offer`, on a log: amounts per decision, by 1/p weights.
 *
 *   qini, auuc  between the curve and the straight line: 0 is a random order ("excess" of `ranking-metrics.ts`;
 *               money has no perfect ranking to divide by), ranked by expected value
 *   aucc        0.5 is a random order; ranked by expected value per expected cost
 */
import { Clusters, type ResamplingTerms } from "../clusters.ts";
import type { Estimate, UpliftResult } from "../evaluation.ts";
import type { Sample } from "../sample.ts";
import { type ComparableRows, comparableRows, reweighed } from "./comparable-rows.ts";
import { type Curve, curveOf } from "./curves.ts";
import { ranked, type RankedRows } from "./ranked-rows.ts";
import { aucc, excess, upliftAt } from "./ranking-metrics.ts";

export interface UpliftTerms extends ResamplingTerms {
  /** A smaller logged probability supports nothing. */
  readonly floor: number;
}

const SHARES = [0.1, 0.2, 0.3, 0.5] as const;
const POINTS_MAX = 200;

/** Actions with too few comparable rows are left out. */
export function measureUplift(sample: Sample, terms: UpliftTerms): readonly UpliftResult[] {
  return sample.actions.flatMap((action, at) => {
    const rows = at === 0 ? null : comparableRows(sample, at, terms.floor);
    return rows === null ? [] : [{ action, ...upliftOfRows(rows, new Clusters(rows, terms)) }];
  });
}

/** The same of rows that were chosen elsewhere: their weights are right as they are. */
export function upliftOfRows(rows: ComparableRows, clusters: Clusters): Omit<UpliftResult, "action"> {
  const byValue = ranked({ ...rows, score: rows.expectedValue });
  const byEfficiency = ranked({ ...rows, score: efficiencyOf(rows) });
  const valueWeights = inOrder(rows, byValue);
  const efficiencyWeights = inOrder(rows, byEfficiency);
  const [qini = NONE, auuc = NONE, area = NONE, ...upliftAtShares] = clusters.figures((times) => {
    const weights = reweighed(valueWeights, times);
    return [
      excess(curveOf("qini", byValue, weights)),
      excess(curveOf("uplift", byValue, weights)),
      aucc(byEfficiency, reweighed(efficiencyWeights, times)) ?? NaN,
      ...SHARES.map((share) => upliftAt(byValue, weights, { share, strategy: "overall" })),
    ];
  });
  return {
    decisions: rows.treated.length,
    qini,
    auuc,
    aucc: Number.isFinite(area.estimate) ? area : null,
    upliftAt: SHARES.map((share, k) => ({ share, uplift: upliftAtShares[k] ?? NONE })).filter(({ uplift }) =>
      Number.isFinite(uplift.estimate),
    ),
    rankStability: null,
    qiniCurve: thinned(curveOf("qini", byValue, byValue.weight)),
    costCurve: thinned(curveOf("cost", byEfficiency, byEfficiency.weight)),
  };
}

/** What earns something for nothing comes first, what loses something for nothing last. */
function efficiencyOf({ expectedValue, expectedCost }: ComparableRows): Float64Array {
  return expectedValue.map((value, i) => {
    const cost = expectedCost[i] as number;
    if (cost > 0) return value / cost;
    return value >= 0 ? Infinity : -Infinity;
  });
}

function inOrder({ unit }: ComparableRows, { order, weight }: RankedRows): Pick<ComparableRows, "weight" | "unit"> {
  return { weight, unit: Int32Array.from(order, (i) => unit[i] as number) };
}

/** Evenly, with both ends. */
function thinned({ x, y }: Curve): readonly (readonly [number, number])[] {
  const count = Math.min(POINTS_MAX, x.length);
  return Array.from({ length: count }, (_, k) => {
    const at = Math.round((k * (x.length - 1)) / Math.max(1, count - 1));
    return [x[at] as number, y[at] as number] as const;
  });
}

const NONE: Estimate = { estimate: NaN, standardError: NaN, low: NaN, high: NaN };
