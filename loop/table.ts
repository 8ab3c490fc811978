/** The final figures, for a terminal. */
import { MICROS_PER_UNIT } from "../src/core/domain/money.ts";
import { isKept } from "./money.ts";
import { POLICIES } from "./score.ts";
import type { SeedSummary } from "./summary.ts";

export function tableOf(summaries: readonly SeedSummary[]): string {
  const rows = summaries.map((each) => [
    `${each.seed}`,
    ...POLICIES.map((name) => whole(each.profit[name].at(-1) ?? 0)),
    each.overBaseline.toFixed(2),
    each.ofOracle.toFixed(3),
    each.months.map(({ paid, amount }) => (paid / amount).toFixed(3)).join(" "),
    each.months.every(isKept) ? "kept" : "BROKEN",
    each.meanWeight.toFixed(3),
    each.replayed,
  ]);
  const heads = [
    "seed",
    ...POLICIES,
    "over the best baseline",
    "of the oracle, retrained twice",
    "paid of each month's budget",
    "budgets",
    "mean weight",
    "replay",
  ];
  return [
    "Cumulative incremental profit, USD (expected value less expected cost of what was given; baselines at equal spend):",
    ...aligned([heads, ...rows]),
    "",
    ...summaries.map(({ seed, verdicts }) => `Seed ${seed}, evaluations before promotion: ${verdicts.join("; ")}`),
    ...summaries.map(({ seed, promotions }) => `Seed ${seed}, promotions: ${promotions.join("; ")}`),
    ...summaries.map(
      ({ seed, refusals }) =>
        `Seed ${seed}, models refused by the gates of training: ${refusals.length}${refusals.map((said) => `; ${said}`).join("")}`,
    ),
    "",
    `Held back, paid and owed per month, USD: ${summaries.map(({ seed, months }) => `seed ${seed}: ${months.map(moneyWords).join("; ")}`).join("\n")}`,
  ].join("\n");
}

function moneyWords(month: SeedSummary["months"][number]): string {
  const { period, amount, settled, held, overrun, paid } = month;
  const [budget, ledger, kept, beyond, sum] = [amount, settled, held, overrun, paid].map((micros) =>
    (micros / MICROS_PER_UNIT).toFixed(2),
  );
  return `${period} budget ${budget}, settled ${ledger}, held ${kept}, overrun ${beyond}, paid ${sum}`;
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
}

function whole(usd: number): string {
  return Math.round(usd).toLocaleString("en");
}
