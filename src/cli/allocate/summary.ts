/** An allocation in words and figures, for people. */
import type { AllocationSummary } from "../../contract/allocate.ts";
import type { Terms } from "../../service/allocation-terms.ts";

export function tellAllocation(summary: AllocationSummary, terms: Terms, users: number): string {
  const { offers, value, dualBound, gap } = summary;
  return [
    `${whole(offers)} of ${whole(users)} users are offered something.`,
    `Worth ${money(value)}; nothing within these limits is worth more than ${money(dualBound)} (gap ${gap.toExponential(1)}).`,
    "",
    ...table(["limit", "used", "of", "left", "price of one more"], limitRows(summary, terms)),
    "",
    ...table(["budget", "spend", "value", "lambda"], curveRows(summary)),
  ].join("\n");
}

function limitRows({ spend, lambda, mu, slack }: AllocationSummary, { budget, caps }: Terms): readonly string[][] {
  const capRows = (kind: "actions" | "channels", name: (id: string) => string) =>
    Object.entries(caps[kind] ?? {}).map(([id, offers]) => {
      const left = slack[kind][id] ?? 0;
      return [name(id), whole(offers - left), whole(offers), whole(left), (mu[kind][id] ?? 0).toFixed(4)];
    });
  return [
    ["budget", money(spend), money(budget), money(slack.budget), lambda.toFixed(4)],
    ...capRows("actions", (id) => `action ${id}`),
    ...capRows("channels", (id) => `channel ${id}`),
  ];
}

function curveRows({ curve }: AllocationSummary): readonly string[][] {
  return curve.map(({ budget, spend, value, lambda }) => [
    money(budget),
    money(spend),
    money(value),
    lambda.toFixed(4),
  ]);
}

/** Columns as wide as their widest entry, the first to the left. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}

function whole(count: number): string {
  return count.toLocaleString("en-US");
}

function money(amount: number): string {
  return amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
