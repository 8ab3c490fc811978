/** A day of several policies: a panel for each figure, a line for each policy. */
import type { TopLevelSpec } from "vega-lite";
import { INK } from "./plot.ts";

export interface DayPanel {
  readonly title: string;
  readonly points: readonly DayPoint[];
  /** Of the vertical axis, which begins at 0; what is above is cut off. */
  readonly top: number;
  readonly format: "share" | "number";
}

export interface DayPoint {
  readonly policy: string;
  /** In [0, 24]. */
  readonly hour: number;
  readonly figure: number;
}

const HOURS_A_DAY = 24;
const FORMATS = { share: ".0%", number: "~r" } as const;
/** In the order of the policies. */
const LOOKS = [
  { dash: [1, 0], shade: INK.dark },
  { dash: [6, 3], shade: INK.dark },
  { dash: [2, 2], shade: INK.dark },
  { dash: [9, 3, 2, 3], shade: INK.grey },
];

export function dayOf(panels: readonly DayPanel[], policies: readonly string[]): TopLevelSpec {
  const looks = LOOKS.slice(0, policies.length);
  const dashes = { domain: [...policies], range: looks.map(({ dash }) => dash) };
  const shades = { domain: [...policies], range: looks.map(({ shade }) => shade) };
  const policy = {
    field: "policy",
    type: "nominal",
    title: null,
    legend: { orient: "bottom", symbolSize: 400 },
  } as const;
  const hours = { domain: [0, HOURS_A_DAY] };
  return {
    hconcat: panels.map(({ title, points, top, format }) => ({
      data: { values: [...points] },
      width: 240,
      height: 190,
      mark: { type: "line", clip: true },
      encoding: {
        x: { field: "hour", type: "quantitative", title: "hour", scale: hours, axis: { values: [0, 6, 12, 18, 24] } },
        y: {
          field: "figure",
          type: "quantitative",
          title,
          scale: { domain: [0, top] },
          axis: { format: FORMATS[format], tickCount: 5 },
        },
        strokeDash: { ...policy, scale: dashes },
        color: { ...policy, scale: shades },
      },
    })),
    resolve: { scale: { strokeDash: "shared", color: "shared" } },
  };
}
