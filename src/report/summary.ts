/** The report in short, for a terminal. */
import type { EvaluationReport } from "../contract/evaluation-report.ts";
import { percent, withRange } from "./figures.ts";
import { policyName, VERDICT_WORDS } from "./wording.ts";

/** The verdict, its reasons, what each policy earns and costs, and the difference, a line each. */
export function summaryOf(report: EvaluationReport): readonly string[] {
  const { candidate, verdict, policies, currency } = report;
  const rows = policies.map((result) => [
    printable(policyName(result)),
    withRange(result.value),
    withRange(result.cost),
    withRange(result.profit),
    percent(result.offered),
  ]);
  return [
    printable(`${VERDICT_WORDS[verdict.decision]}: ${candidate.program.id} version ${candidate.program.version}`),
    ...verdict.reasons.map((reason) => `  - ${printable(reason)}`),
    "",
    `${currency} per decision, with intervals of ${percent(report.level)}`,
    ...aligned([["policy", "value", "cost", "profit", "offered"], ...rows]),
    "",
    differenceLine(report),
  ];
}

function differenceLine({ difference }: EvaluationReport): string {
  if ("refused" in difference) return `Not compared: ${printable(difference.refused)}`;
  const at = difference.at === "equal_spend" ? "At equal spend" : "As evaluated, at spend of their own";
  return `${at}, candidate − incumbent: value ${withRange(difference.value)}, cost ${withRange(difference.cost)}`;
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[i] ?? 0))).join("  "),
  );
}

/** Labels come from files: none may move the cursor or colour the screen. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "�");
}
