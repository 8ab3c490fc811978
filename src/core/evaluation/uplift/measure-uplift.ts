/**
 * How well a model ranks, of one paid action against `no_offer`: amounts per decision, by 1/p weights.
 *
 *   qini, auuc  between the curve and the straight line: 0 is a random order ("excess" of `ranking-metrics.ts`;
 *               money has no perfect ranking to divide by), ranked by expected value
 *   aucc        0.5 is a random order; ranked by expected value per expected cost
 */
import type { Estimate, UpliftResult } from "../evaluation.ts";
import { Clusters, type ResamplingTerms } from "../clusters.ts";
import type { ChosenRows, ComparableRows } from "./comparable-rows.ts";
import { type Curve, curveOf, curveOver, curveWith } from "./curves.ts";
import { PrefixSums, ranked, RankedWeights } from "./ranked-rows.ts";
import { auccOver, excess, upliftAt } from "./ranking-metrics.ts";

const SHARES = [0.1, 0.2, 0.3, 0.5] as const;
const POINTS_MAX = 200;

/** Rows of one action and of `no_offer`: their weights are right as they are. */
export function measureUplift(rows: ChosenRows, terms: ResamplingTerms): Omit<UpliftResult, "action"> {
  const clusters = new Clusters(rows, terms);
  const byValue = ranked({ ...rows, score: rows.expectedValue });
  const byEfficiency = ranked({ ...rows, score: efficiencyOf(rows) });
  const valueWeights = new RankedWeights(byValue, clusters);
  const efficiencyWeights = new RankedWeights(byEfficiency, clusters);
  const valuePrefixes = new PrefixSums(byValue);
  const efficiencyPrefixes = new PrefixSums(byEfficiency);
  const valueCurve = curveWith(valuePrefixes.points);
  const efficiencyCurve = curveWith(efficiencyPrefixes.points);
  const [qini = NONE, auuc = NONE, area = NONE, ...upliftAtShares] = clusters.resampled((times) => {
    const weights = valueWeights.times(times);
    const prefixes = valuePrefixes.of(weights);
    return [
      excess(curveOver("qini", prefixes, valueCurve)),
      excess(curveOver("uplift", prefixes, valueCurve)),
      auccOver(efficiencyPrefixes.of(efficiencyWeights.times(times)), efficiencyCurve) ?? NaN,
      ...upliftAt(byValue, weights, { shares: SHARES, strategy: "overall" }),
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

/** Evenly, with both ends. */
function thinned({ x, y }: Curve): readonly (readonly [number, number])[] {
  const count = Math.min(POINTS_MAX, x.length);
  return Array.from({ length: count }, (_, k) => {
    const at = Math.round((k * (x.length - 1)) / Math.max(1, count - 1));
    return [x[at] as number, y[at] as number] as const;
  });
}

const NONE: Estimate = { estimate: NaN, standardError: NaN, low: NaN, high: NaN };
