/** The report in short: what a terminal is told. */
import { describe, expect, it } from "vitest";
import { EVALUATION_REPORT_EXAMPLE as EXAMPLE } from "../../src/contract/evaluation-report-example.ts";
import { summaryOf } from "../../src/report/summary.ts";

describe("the summary of a report", () => {
  it("begins with the verdict and its reasons, and ends with the difference", () => {
    const lines = summaryOf(EXAMPLE);
    expect(lines[0]).toBe("Ship: hillstrom-email version 2");
    expect(lines.slice(1, 4)).toEqual(EXAMPLE.verdict.reasons.map((reason) => `  - ${reason}`));
    expect(lines.at(-1)).toBe(
      "At equal spend, candidate − incumbent: value 0.021 (0.009 to 0.034), cost 0.0000 (−0.0018 to 0.0018)",
    );
  });

  it("has a line of one width for each policy", () => {
    const table = summaryOf(EXAMPLE).slice(6, 7 + EXAMPLE.policies.length);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(table[1]).toMatch(/^candidate at λ 0\.31 +0\.287 \(0\.275 to 0\.299\)/);
  });

  it("says why two policies are not compared", () => {
    expect(summaryOf({ ...EXAMPLE, difference: { refused: "No λ spends as much." } }).at(-1)).toBe(
      "Not compared: No λ spends as much.",
    );
  });

  it("lets no label command the terminal", () => {
    const verdict = { decision: "ship", reasons: ["\u001b[2Jgone\u202e"] } as const;
    expect(summaryOf({ ...EXAMPLE, verdict })[1]).toBe("  - �[2Jgone�");
  });
});
