/** The report of a simulation: one HTML file with tables and plots, nothing to fetch, fit for print. */
import { type DayPanel, dayOf, type DayPoint } from "../../report/day.ts";
import { type Html, html } from "../../report/markup.ts";
import { pageOf } from "../../report/page.ts";
import { plotOf } from "../../report/plot.ts";
import { tableOf } from "../../report/table.ts";
import type { Contest } from "../../simulation/contest.ts";
import type { MonthScore } from "../../simulation/month-score.ts";
import type { Play, TracePoint } from "../../simulation/play-day.ts";
import { SCENARIOS, type ScenarioName } from "../../simulation/scenarios.ts";
import type { Score } from "../../simulation/score.ts";
import { DAY_MS } from "../../simulation/world.ts";
import { DAY_HEADINGS, dayRow, MONTH_HEADINGS, monthRow } from "./table.ts";

export interface ScenarioReport {
  readonly scenario: ScenarioName;
  readonly score: Score;
  /** The contest that is plotted. */
  readonly shown: Contest | undefined;
}

export async function reportHtml(days: readonly ScenarioReport[], months: readonly MonthScore[]): Promise<string> {
  const overview = days.map(({ scenario, score }) => dayRow(scenario, score));
  const sections = await Promise.all(days.map(sectionOf));
  return pageOf({
    title: "Liftgate: simulated pacing",
    main: [
      html`<h1>Simulated pacing</h1>`,
      ...(days.length === 0 ? [] : [html`<p>${EXPLANATION}</p>`, figuresOf("Days", DAY_HEADINGS, overview)]),
      ...sections,
      ...(months.length === 0 ? [] : [monthsOf(months)]),
    ],
  });
}

const EXPLANATION =
  "Value over the hindsight LP optimum, mean and worst over the seeds. Paced: the service's own pacing. Static: " +
  "yesterday's price all day. Clock: a PI rule on spend against the time of day. Used: spend of the paced day over " +
  "its budget. Over: micros spent beyond the budget.";
const DELAYED =
  "What was realized within a month, over its budget, when offers cost nothing until they are redeemed. Held: the " +
  "most that was settled and held in face values at any time, over the budget.";

async function sectionOf({ scenario, shown }: ScenarioReport): Promise<Html> {
  if (shown === undefined) return html``;
  const plot = await plotOf({
    title: `A day of ${scenario}, seed ${shown.size.seed}`,
    description: "Three panels over 24 hours, a line for each policy: spend, shadow price, and cumulative value.",
    spec: dayOf(panelsOf(shown), POLICIES),
  });
  return html`<section>
    <h2>${scenario}</h2>
    <p>${SCENARIOS[scenario].description}.</p>
    ${plot}
  </section>`;
}

const POLICIES = ["paced", "static", "clock", "hindsight"] as const;
const HOURS_A_DAY = 24;

function panelsOf({ plays, hindsight, optimum, budgetMicros }: Contest): readonly DayPanel[] {
  const played = (of: Figure) => [
    ...pointsOf("paced", plays.paced, of),
    ...pointsOf("static", plays.static, of),
    ...pointsOf("clock", plays.clock, of),
  ];
  const all = (of: Figure) => [...played(of), ...pointsOf("hindsight", hindsight, of)];
  const flat = [0, HOURS_A_DAY].map((hour) => ({ policy: "hindsight", hour, figure: optimum.lambda }));
  const spend = all(({ spentMicros }) => spentMicros / budgetMicros);
  const prices = [...played(({ lambda }) => lambda), ...flat];
  const value = all((point) => point.value / optimum.value);
  return [
    { title: "spend, share of the budget", points: spend, top: 1, format: "share" },
    { title: "shadow price λ", points: prices, top: 2 * optimum.lambda, format: "number" },
    { title: "value, share of the optimum", points: value, top: 1, format: "share" },
  ];
}

type Figure = (point: TracePoint) => number;

function pointsOf(policy: (typeof POLICIES)[number], { trace }: Play, of: Figure): readonly DayPoint[] {
  return trace.map((point) => ({ policy, hour: (HOURS_A_DAY * point.atMs) / DAY_MS, figure: of(point) }));
}

function monthsOf(months: readonly MonthScore[]): Html {
  return html`<section>
    <h2>Delayed redemption</h2>
    <p>${DELAYED}</p>
    ${figuresOf("Months", MONTH_HEADINGS, months.map(monthRow))}
  </section>`;
}

/** All but the first column are figures. */
function figuresOf(caption: string, headings: readonly string[], rows: readonly (readonly string[])[]): Html {
  return tableOf({ caption, headings: headings.map((text, i) => (i === 0 ? text : `#${text}`)), rows });
}
