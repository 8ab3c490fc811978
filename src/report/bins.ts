/** What is counted or averaged by bins: histograms, and what was predicted against what was observed. */
import type { TopLevelSpec } from "vega-lite";
import type { Calibration, Histogram } from "../core/evaluation/evaluation.ts";
import { INK } from "./plot.ts";

/** A 95 % interval either way, in standard errors. */
const Z_95 = 1.96;

export function histogramOf({ scale, edges, counts }: Histogram, title: string): TopLevelSpec {
  const values = counts.map((count, i) => ({ from: edges[i] ?? 0, until: edges[i + 1] ?? 0, count }));
  return {
    data: { values },
    width: 520,
    height: 160,
    mark: { type: "rect", fill: INK.band, stroke: INK.dark, strokeWidth: 1 },
    encoding: {
      x: {
        field: "from",
        type: "quantitative",
        title: scale === "log10" ? `${title}, logarithm to base 10` : title,
        scale: { zero: false, nice: false },
      },
      x2: { field: "until" },
      y: { field: "count", type: "quantitative", title: "decisions" },
      y2: { datum: 0 },
    },
  };
}

/** A panel for each action, value and cost; on the dashed line predictions hold. */
export function calibrationPlot(calibrations: readonly Calibration[], currency: string): TopLevelSpec {
  const values = calibrations.flatMap(({ of, action, bins }) =>
    bins.map(({ predicted, observed, standardError }) => ({
      panel: `${action}: ${of}`,
      predicted,
      observed,
      low: observed - Z_95 * standardError,
      high: observed + Z_95 * standardError,
    })),
  );
  const x = { field: "predicted", type: "quantitative", title: `predicted, ${currency}` } as const;
  return {
    data: { values },
    facet: { field: "panel", type: "nominal", sort: calibrations.map(({ action, of }) => `${action}: ${of}`) },
    columns: 2,
    spec: {
      width: 320,
      height: 190,
      layer: [
        {
          mark: { type: "line", strokeDash: [4, 3], color: INK.grey },
          encoding: { x, y: { field: "predicted", type: "quantitative", title: `observed, ${currency}` } },
        },
        {
          mark: { type: "rule", color: INK.dark },
          encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, color: INK.dark, size: 50, opacity: 1 },
          encoding: { x, y: { field: "observed", type: "quantitative" } },
        },
      ],
    },
    resolve: { scale: { x: "independent", y: "independent" } },
  };
}
