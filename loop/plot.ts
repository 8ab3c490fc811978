/** Cumulative profit over the months as one SVG: a line for each policy, its range over the seeds, and what happened when. */
import type { TopLevelSpec } from "vega-lite";
import { svgOf } from "../src/report/plot.ts";
import { POLICIES, type PolicyName } from "./score.ts";

export interface Curve {
  /** Of each day, in USD. */
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface LoopPlot {
  readonly title: string;
  readonly days: number;
  readonly curves: Readonly<Record<PolicyName, Curve>>;
  readonly marks: readonly { readonly day: number; readonly words: string }[];
  readonly months: readonly { readonly day: number; readonly name: string }[];
}

const WIDTH = 640;
const HEIGHT = 356;
/** Told apart without colour, too. */
const LOOKS: Readonly<Record<PolicyName, { readonly color: string; readonly dash: readonly number[] }>> = {
  liftgate: { color: "#0b5fa5", dash: [1, 0] },
  oracle: { color: "#222222", dash: [8, 4] },
  "likely buyers": { color: "#b3541e", dash: [2, 3] },
  "best single offer": { color: "#5b7f2b", dash: [10, 3, 2, 3] },
  random: { color: "#8a5aa8", dash: [5, 5] },
  "no offers": { color: "#888888", dash: [1, 0] },
};
/** Labels at the right end are kept so far apart, in pixels. */
const LABEL_GAP = 15;

export function drawn(plot: LoopPlot): Promise<string> {
  return svgOf({
    title: plot.title,
    description:
      "USD by day: a line for each policy in a band from its worst to its best seed; models as they went live.",
    spec: specOf(plot),
  });
}

function specOf(plot: LoopPlot): TopLevelSpec {
  const domain = domainOf(plot);
  const colors = { domain: [...POLICIES], range: POLICIES.map((name) => LOOKS[name].color) };
  const dashes = { domain: [...POLICIES], range: POLICIES.map((name) => [...LOOKS[name].dash]) };
  const policy = { field: "policy", type: "nominal", legend: null } as const;
  const usd = { title: "USD, expected value less expected cost", scale: { domain: [...domain], nice: false } };
  return {
    width: WIDTH,
    height: HEIGHT,
    // Room for the words of the marks, which are drawn above the plot, and for the names at its right end.
    padding: { left: 5, top: 5, right: 110, bottom: 5 },
    title: { text: plot.title, anchor: "start", offset: 34 },
    encoding: { x: { field: "day", type: "quantitative", axis: null, scale: { domain: [0, plot.days], nice: false } } },
    layer: [
      {
        data: { values: POLICIES.flatMap((name) => daysOf(name, plot.curves[name])) },
        encoding: { color: { ...policy, scale: colors } },
        layer: [
          {
            mark: { type: "area", opacity: 0.13 },
            encoding: { y: { field: "low", type: "quantitative", ...usd }, y2: { field: "high" } },
          },
          {
            mark: { type: "line" },
            encoding: {
              y: { field: "mean", type: "quantitative" },
              strokeDash: { ...policy, scale: dashes },
              strokeWidth: { condition: { test: "datum.policy === 'liftgate'", value: 3 }, value: 2 },
            },
          },
        ],
      },
      {
        data: { values: labelsOf(plot, domain) },
        mark: { type: "text", align: "left", dx: 6 },
        encoding: {
          y: { field: "usd", type: "quantitative" },
          text: { field: "policy" },
          color: { ...policy, scale: colors },
        },
      },
      ...wordsOf(plot),
    ],
  };
}

/** From the lowest to the highest of what is drawn; 0 is in it. */
function domainOf({ curves }: LoopPlot): readonly [number, number] {
  const low = Math.min(0, ...POLICIES.flatMap((name) => curves[name].low));
  const high = Math.max(1, ...POLICIES.flatMap((name) => curves[name].high));
  const room = (high - low) / 20;
  return [low < 0 ? low - room : 0, high + room];
}

function daysOf(policy: PolicyName, { mean, low, high }: Curve) {
  return mean.map((usd, day) => ({ policy, day, mean: usd, low: low[day] ?? usd, high: high[day] ?? usd }));
}

function labelsOf({ days, curves }: LoopPlot, [low, high]: readonly [number, number]) {
  const gap = (LABEL_GAP * (high - low)) / HEIGHT;
  const ends = POLICIES.map((policy) => ({ policy, usd: curves[policy].mean.at(-1) ?? 0 }));
  let below = Infinity;
  return ends
    .toSorted((a, b) => b.usd - a.usd)
    .map(({ policy, usd }) => {
      below = Math.min(usd, below - gap);
      return { policy, day: days, usd: below };
    });
}

/** What happened, above the plot in two rows by turns, and the months below. */
function wordsOf({ marks, months }: LoopPlot) {
  return [
    { data: { values: [...marks] }, mark: { type: "rule" as const, color: "#999999", strokeDash: [1, 3] } },
    ...marks.map((mark, i) => told([mark], i % 2 === 0 ? -20 : -7)),
    told(
      months.map(({ day, name }) => ({ day, words: name })),
      HEIGHT + 12,
    ),
  ];
}

function told(rows: readonly { readonly day: number; readonly words: string }[], y: number) {
  return {
    data: { values: [...rows] },
    mark: { type: "text" as const, align: "left" as const, dx: 3, y },
    encoding: { text: { field: "words" } },
  };
}
