/** The report of a simulation: one HTML file with tables and plots, nothing to fetch, fit for print. */
import type { Contest } from "../../simulation/contest.ts";
import type { MonthScore } from "../../simulation/month-score.ts";
import type { Play, TracePoint } from "../../simulation/play-day.ts";
import { SCENARIOS, type ScenarioName } from "../../simulation/scenarios.ts";
import type { Score } from "../../simulation/score.ts";
import { DAY_MS } from "../../simulation/world.ts";
import { type Line, type Plot, svgOf } from "./plot.ts";
import { DAY_HEADINGS, dayRow, MONTH_HEADINGS, monthRow } from "./table.ts";

export interface ScenarioReport {
  readonly scenario: ScenarioName;
  readonly score: Score;
  /** The contest that is plotted. */
  readonly shown: Contest | undefined;
}

const COLORS = { hindsight: "#8a949c", paced: "#2f6f4f", static: "#b5651d", clock: "#3b5b92" };

export function reportHtml(days: readonly ScenarioReport[], months: readonly MonthScore[]): string {
  const overview = days.map(({ scenario, score }) => dayRow(scenario, score));
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Liftgate: simulated pacing</title>',
    `<style>${STYLE}</style></head><body><h1>Simulated pacing</h1>`,
    days.length === 0 ? "" : `<p>${EXPLANATION}</p>${htmlTable(DAY_HEADINGS, overview)}`,
    ...days.map(sectionOf),
    months.length === 0
      ? ""
      : `<h2>Delayed redemption</h2><p>${DELAYED}</p>${htmlTable(MONTH_HEADINGS, months.map(monthRow))}`,
    "</body></html>\n",
  ].join("\n");
}

const EXPLANATION =
  "Value over the hindsight LP optimum, mean and worst over the seeds. Paced: the service's own pacing. Static: " +
  "yesterday's price all day. Clock: a PI rule on spend against the time of day. Used: spend of the paced day over " +
  "its budget. Over: micros spent beyond the budget.";
const DELAYED =
  "What was realized within a month, over its budget, when offers cost nothing until they are redeemed. Held: the " +
  "most that was settled and held in face values at any time, over the budget.";

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1d252b; max-width: 1140px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 0.2rem; } p { color: #45515a; margin: 0.2rem 0 0.8rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { padding: 0.25rem 0.8rem; text-align: right; }
th { border-bottom: 1.5px solid #5b6770; font-weight: 600; } td { border-bottom: 1px solid #e3e7ea; }
th:first-child, td:first-child { text-align: left; }
.plots { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.6rem; } section { break-inside: avoid; }
svg { width: 100%; } .title { font: 600 12px system-ui; } .tick { font: 9.5px system-ui; fill: #45515a; } .grid { stroke: #e3e7ea; }
@media (max-width: 800px) { .plots { grid-template-columns: 1fr; } } @media print { body { margin: 0; } }`;

function sectionOf({ scenario, shown }: ScenarioReport): string {
  if (shown === undefined) return "";
  const plots = [spendPlot(shown), pricePlot(shown), valuePlot(shown)].map(svgOf).join("");
  const { description } = SCENARIOS[scenario];
  return `<section><h2>${scenario}</h2><p>${description}. Seed ${shown.size.seed}.</p><div class="plots">${plots}</div></section>`;
}

function spendPlot(contest: Contest): Plot {
  const of = ({ spentMicros }: TracePoint) => spentMicros / contest.budgetMicros;
  return { title: "Spend, share of the budget", lines: allLines(contest, of), top: 1, label: percent };
}

function pricePlot({ plays, optimum }: Contest): Plot {
  const flat = {
    label: "hindsight",
    color: COLORS.hindsight,
    dashed: true as const,
    points: [
      [0, optimum.lambda],
      [1, optimum.lambda],
    ] as const,
  };
  const top = niceAbove(2 * optimum.lambda);
  const lines = [
    flat,
    lineOf("static", plays.static, priceOf),
    lineOf("clock", plays.clock, priceOf),
    lineOf("paced", plays.paced, priceOf),
  ];
  return { title: "Shadow price λ", lines, top, label: (y) => y.toPrecision(2) };
}

function priceOf({ lambda }: TracePoint): number {
  return lambda;
}

function valuePlot(contest: Contest): Plot {
  const of = ({ value }: TracePoint) => value / contest.optimum.value;
  return { title: "Value, share of the optimum", lines: allLines(contest, of), top: 1, label: percent };
}

function allLines({ plays, hindsight }: Contest, of: (point: TracePoint) => number): readonly Line[] {
  return [
    { ...lineOf("hindsight", hindsight, of), dashed: true },
    lineOf("static", plays.static, of),
    lineOf("clock", plays.clock, of),
    lineOf("paced", plays.paced, of),
  ];
}

function lineOf(label: keyof typeof COLORS, { trace }: Play, of: (point: TracePoint) => number): Line {
  return { label, color: COLORS[label], points: trace.map((point) => [point.atMs / DAY_MS, of(point)] as const) };
}

/** The least of 1, 2, 4 times a power of ten that is at least x. */
function niceAbove(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 4, 10].map((step) => step * power).find((step) => step >= x) ?? x;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function htmlTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = headings.map((text) => `<th>${text}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((text) => `<td>${text}</td>`).join("")}</tr>`).join("\n");
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}
