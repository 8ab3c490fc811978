/** Curves: V(λ) and C(λ), value against cost, and what a ranking gains. */
import type { TopLevelSpec } from "vega-lite";
import type { CurvePoint, PolicyResult } from "../core/evaluation/evaluation.ts";
import { INK } from "./plot.ts";

export interface LabelledPolicy {
  readonly label: string;
  readonly policy: PolicyResult;
}

/** λ is 0 or more and often close to it: a root spreads what a line would crowd. */
export function responseOf(curve: readonly CurvePoint[], currency: string): TopLevelSpec {
  const values = curve.flatMap(({ lambda, value, cost }) => [
    { lambda, of: "value", ...value },
    { lambda, of: "cost", ...cost },
  ]);
  const of = { field: "of", type: "nominal", title: null, sort: null } as const;
  return {
    data: { values },
    width: 520,
    height: 240,
    encoding: { x: { field: "lambda", type: "quantitative", title: "price of money λ", scale: { type: "sqrt" } } },
    layer: [
      {
        mark: { type: "area", color: INK.band, opacity: 0.7 },
        encoding: {
          y: { field: "low", type: "quantitative", title: `${currency} per decision` },
          y2: { field: "high" },
          detail: of,
        },
      },
      {
        mark: { type: "line", color: INK.dark },
        encoding: { y: { field: "estimate", type: "quantitative" }, strokeDash: of },
      },
      {
        mark: { type: "point", filled: true, color: INK.dark, size: 45, opacity: 1 },
        encoding: { y: { field: "estimate", type: "quantitative" }, shape: of },
      },
    ],
  };
}

export function frontierOf(
  curve: readonly CurvePoint[],
  { policies, currency }: { readonly policies: readonly LabelledPolicy[]; readonly currency: string },
): TopLevelSpec {
  const marks = policies.map(({ label, policy }, i) => ({
    number: String(i + 1),
    label: `${i + 1}  ${label}`,
    cost: policy.cost.estimate,
    value: policy.value.estimate,
    low: policy.value.low,
    high: policy.value.high,
  }));
  const line = curve.map(({ lambda, value, cost }) => ({ lambda, cost: cost.estimate, value: value.estimate }));
  const x = { field: "cost", type: "quantitative", title: `cost, ${currency} per decision` } as const;
  const y = { field: "value", type: "quantitative", title: `value, ${currency} per decision` } as const;
  return {
    width: 520,
    height: 280,
    layer: [
      {
        data: { values: line },
        mark: { type: "line", color: INK.grey, point: { color: INK.grey, size: 18 } },
        encoding: { x, y, order: { field: "lambda", type: "quantitative" } },
      },
      {
        data: { values: marks },
        mark: { type: "rule", color: INK.dark },
        encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
      },
      {
        data: { values: marks },
        mark: { type: "point", filled: true, color: INK.dark, size: 90, opacity: 1 },
        encoding: { x, y, shape: { field: "label", type: "nominal", title: "policy", sort: null } },
      },
      {
        // Shapes come again after eight; numbers do not.
        data: { values: marks },
        mark: { type: "text", dx: 9, dy: -7, color: INK.dark, fontWeight: "bold" },
        encoding: { x, y, text: { field: "number" } },
      },
    ],
  };
}

export interface GainCurve {
  readonly action: string;
  readonly points: readonly (readonly [number, number])[];
}

/** The curve against the straight line that a random order would give, a panel an action. */
export function gainsOf(
  curves: readonly GainCurve[],
  { x, y }: { readonly x: string; readonly y: string },
): TopLevelSpec {
  const values = curves.flatMap(({ action, points }) => {
    const ends = [points[0], points.at(-1)].filter((point) => point !== undefined);
    return [
      ...points.map(([at, gain], step) => ({ action, order: "ranked by the model", at, gain, step })),
      ...ends.map(([at, gain], step) => ({ action, order: "in random order", at, gain, step })),
    ];
  });
  return {
    data: { values },
    facet: { field: "action", type: "nominal", sort: curves.map(({ action }) => action) },
    columns: 2,
    spec: {
      width: 320,
      height: 200,
      mark: { type: "line", color: INK.dark },
      encoding: {
        x: { field: "at", type: "quantitative", title: x },
        y: { field: "gain", type: "quantitative", title: y },
        order: { field: "step", type: "quantitative" },
        strokeDash: { field: "order", type: "nominal", title: null, sort: null, legend: { orient: "bottom" } },
      },
    },
    resolve: { scale: { x: "independent", y: "independent" } },
  };
}
