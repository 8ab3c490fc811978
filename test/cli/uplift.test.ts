/** `liftgate uplift` as users run it: a file in, a table and uplift.json out, exit codes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { uniformFromHash } from "../../src/core/numerics/murmur3.ts";
import { run } from "../support/command-line.ts";

const Figure = z.object({ estimate: z.number(), standardError: z.number(), low: z.number(), high: z.number() });
const Report = z.object({
  schema: z.literal("liftgate.uplift.v1"),
  treated: z.int(),
  control: z.int(),
  units: z.int(),
  others: z.int(),
  uplift: z.object({ action: z.string(), qini: Figure, auuc: Figure, aucc: Figure.nullable() }),
  perfect: z.object({ qini: Figure, auuc: Figure }).nullable(),
  end: z.object({ qini: z.number(), auuc: z.number() }).nullable(),
  calibration: z.array(z.object({ of: z.string(), slope: Figure })),
});

/** Rows of a mail that works for a high score: a third each of the mail, a call and nothing. */
const ROWS = Array.from({ length: 3000 }, (_, i) => {
  const score = uniformFromHash(`score${i}`);
  const arm = ["none", "mail", "call"][Math.floor(3 * uniformFromHash(`arm${i}`))] ?? "none";
  const bought = Number(uniformFromHash(`luck${i}`) < 0.2 + (arm === "mail" ? 0.6 * score : 0));
  return { customer: `c${i % 1500}`, arm, score: 0.6 * score, bought, cost: arm === "mail" ? 0.5 : 0, p: 1 / 3 };
});
const COLUMNS = ["--score", "score", "--treatment", "arm", "--control", "none", "--outcome", "bought"] as const;
const QUICK = ["--replicates", "30"] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "liftgate-uplift-test-"));
  await writeFile(join(folder, "rows.ndjson"), ROWS.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  for (const [ending, format] of [
    ["csv", "FORMAT csv, HEADER true"],
    ["parquet", "FORMAT parquet"],
  ]) {
    await connection.run(
      `COPY (FROM read_json('${join(folder, "rows.ndjson")}')) TO '${join(folder, `rows.${ending}`)}' (${format})`,
    );
  }
  connection.closeSync();
});
afterAll(() => rm(folder, { recursive: true }));

function uplift(...args: readonly string[]) {
  return run(["uplift", ...args.map((arg) => arg.replace(/^@/, `${folder}/`))], { TMPDIR: folder });
}

async function reportIn(name: string): Promise<z.infer<typeof Report>> {
  return Report.parse(JSON.parse(await readFile(join(folder, name, "uplift.json"), "utf8")));
}

describe("uplift", () => {
  it("says how well the score ranks, with every figure under its normalisation", async () => {
    const more = ["--action", "mail", "--cost", "cost", "--unit", "customer", "--out", "@plain"];
    const { code, stdout, stderr } = await uplift("--data", "@rows.ndjson", ...COLUMNS, ...more, ...QUICK);
    expect([code, stderr]).toEqual([0, ""]);
    for (const metric of ["Qini, scikit-uplift", "AUUC, causalml", "AUCC", "uplift at 10 %", "slope of value"]) {
      expect(stdout).toContain(metric);
    }
    const { treated, control, others, units, ...report } = await reportIn("plain");
    expect(treated + control + others).toBe(ROWS.length);
    expect(treated).toBe(ROWS.filter(({ arm }) => arm === "mail").length);
    expect(units).toBeLessThanOrEqual(1500);
    expect(report.uplift.action).toBe("mail");
    expect(report.uplift.qini.low).toBeGreaterThan(0);
    expect(report.perfect?.qini.low).toBeGreaterThan(0);
    expect(report.end?.auuc).toBeGreaterThan(0.5);
    expect(report.uplift.aucc?.low).toBeGreaterThan(0.5);
    const [value] = report.calibration;
    expect(Math.abs((value?.slope.estimate ?? NaN) - 1)).toBeLessThan(4 * (value?.slope.standardError ?? NaN));
  });

  it("says the same of CSV, Parquet and NDJSON", async () => {
    for (const format of ["csv", "parquet", "ndjson"]) {
      const args = ["--data", `@rows.${format}`, ...COLUMNS, "--action", "mail", "--out", `@${format}`, ...QUICK];
      expect((await uplift(...args)).code).toBe(0);
    }
    const reports = await Promise.all(["csv", "parquet", "ndjson"].map(reportIn));
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[2]).toEqual(reports[0]);
  });

  it("weighs rows by their propensity: the same for all changes no curve", async () => {
    const args = ["--data", "@rows.csv", ...COLUMNS, "--action", "mail", ...QUICK];
    await uplift(...args, "--out", "@one");
    await uplift(...args, "--propensity", "p", "--out", "@weighed");
    const [one, weighed] = [await reportIn("one"), await reportIn("weighed")];
    expect(weighed.uplift.qini.estimate).toBeCloseTo(one.uplift.qini.estimate, 9);
    expect(weighed.perfect?.auuc.estimate).toBeCloseTo(one.perfect?.auuc.estimate ?? NaN, 9);
    expect(weighed.end).toBeNull();
  });

  it.each([
    [["--score", "nope"], "has no column nope"],
    [["--action", "letter"], "no row of arm has the label of --action"],
    [["--control", "nothing"], "no row of arm has the label of --control"],
    [["--outcome", "customer"], "customer is missing, no number or out of range in"],
    [["--propensity", "cost"], "cost is missing, no number or out of range in"],
  ])("refuses %j: %s", async (args, message) => {
    const { code, stderr } = await uplift("--data", "@rows.csv", ...COLUMNS, "--action", "mail", ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  it("asks which action, where there is more than one", async () => {
    const { code, stderr } = await uplift("--data", "@rows.csv", ...COLUMNS);
    expect(code).toBe(1);
    expect(stderr).toContain("2 labels beside that of --control; --action says which to compare");
  });

  it("does not measure a handful of rows", async () => {
    await writeFile(join(folder, "few.csv"), "arm,score,bought\nnone,1,0\nmail,2,1\n");
    const { code, stderr } = await uplift("--data", "@few.csv", ...COLUMNS);
    expect(code).toBe(1);
    expect(stderr).toContain("there are 1 rows of the action and 1 of the control; each must have 100");
  });

  it("refuses options that make no sense", async () => {
    const { code, stderr } = await uplift("--data", "@rows.csv", ...COLUMNS, "--replicates", "3");
    expect(code).toBe(2);
    expect(stderr).toContain("must be 20 to 10000");
  });
});
