/** Estimates with their intervals, a row each, in panels side by side. */
import type { TopLevelSpec } from "vega-lite";
import type { Estimate } from "../core/evaluation/evaluation.ts";
import { INK } from "./plot.ts";

export interface ForestRow {
  readonly label: string;
  readonly panel: string;
  readonly estimate: Estimate;
  /** Drawn full; others hollow. */
  readonly stressed: boolean;
}

const PANEL_WIDTH = { one: 560, two: 330, three: 205 } as const;

const NOTHING = {
  mark: { type: "rule" as const, strokeDash: [3, 3], color: INK.grey },
  encoding: { x: { datum: 0, axis: { grid: true } } },
};

const LABEL = { field: "label", type: "nominal" as const, sort: null, title: null };

export interface ForestAxis {
  readonly title: string;
  /** `zero`: differences, beside a line at none; `data`: as wide as the intervals are. */
  readonly around: "zero" | "data";
}

export function forestOf(rows: readonly ForestRow[], { title, around }: ForestAxis): TopLevelSpec {
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  const width = panels.length === 1 ? PANEL_WIDTH.one : panels.length === 2 ? PANEL_WIDTH.two : PANEL_WIDTH.three;
  return {
    data: { values: rows.map(({ estimate, ...row }) => ({ ...row, ...estimate })) },
    facet: { column: { field: "panel", type: "nominal", sort: panels } },
    spec: {
      width,
      height: { step: 20 },
      layer: [
        ...(around === "zero" ? [NOTHING] : []),
        {
          mark: { type: "rule", strokeWidth: 1.6, color: INK.dark },
          encoding: {
            y: LABEL,
            x: { field: "low", type: "quantitative", title, scale: { zero: false } },
            x2: { field: "high" },
          },
        },
        {
          mark: { type: "point", size: 60, stroke: INK.dark, strokeWidth: 1.6, opacity: 1 },
          encoding: {
            y: LABEL,
            x: { field: "estimate", type: "quantitative" },
            fill: { condition: { test: "datum.stressed", value: INK.dark }, value: "#ffffff" },
          },
        },
      ],
    },
    resolve: { scale: { x: "independent" } },
  };
}
