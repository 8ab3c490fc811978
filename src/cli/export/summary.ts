/** An export in figures, for people. */
import type { ExportReport } from "../../service/export/export-decisions.ts";
import type { OutcomesRead } from "../read-logs.ts";

export function tellExport(report: ExportReport, read: OutcomesRead): string {
  const { exported, leftOut, faulty, faults, torn, counted, outside, contaminated } = report;
  const rows: readonly (readonly [string, number])[] = [
    ["decisions exported", exported],
    ...Object.entries(leftOut).map(([reason, count]) => [`  left out: ${reason}`, count] as const),
    ["  not readable", faulty],
    ["  torn tails", torn],
    ["outcomes read", read.outcomes],
    ...Object.entries(counted).map(([type, count]) => [`  counted: ${type}`, count] as const),
    ["  outside the window", outside],
    ["  not readable", read.faulty],
    ["  torn tails", read.torn],
    ["control units with an exposure to an offer", contaminated],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const shown = rows.filter(([name, count], i) => count > 0 || i === 0 || name === "outcomes read");
  return [
    ...faults,
    ...read.faults,
    ...shown.map(([name, count]) => `${name.padEnd(width)}  ${count.toLocaleString("en-US").padStart(13)}`),
  ].join("\n");
}
