/** What the simulations came to, as a table for a terminal. */
import type { MonthScore } from "../../simulation/month-score.ts";
import type { Score, Spread } from "../../simulation/score.ts";

export const DAY_HEADINGS = ["scenario", "paced", "worst", "static", "worst", "clock", "worst", "used", "over"];
export const MONTH_HEADINGS = ["true/predicted cost", "reserve", "realized/budget", "from", "to", "held max"];

export function dayRow(scenario: string, { ratio, utilisation, overspendMicros }: Score): readonly string[] {
  const { paced, static: threshold, clock } = ratio;
  return [
    scenario,
    ...both(paced),
    ...both(threshold),
    ...both(clock),
    share(utilisation.mean),
    String(overspendMicros),
  ];
}

export function monthRow({ costRatio, reserve, realized, held }: MonthScore): readonly string[] {
  return [costRatio.toFixed(1), reserve, ...[realized.mean, realized.least, realized.most, held].map(share)];
}

/** Columns as wide as they need to be; the first to the left, figures to the right. */
export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) => row.map((text, i) => (i === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[i] ?? 0))))
    .map((cells) => `  ${cells.join("  ")}`)
    .join("\n");
}

function both({ mean, worst }: Spread): readonly string[] {
  return [share(mean), share(worst)];
}

function share(figure: number): string {
  return figure.toFixed(4);
}
