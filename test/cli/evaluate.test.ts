/** Evaluations of a log that the real service made, as the command makes them. */
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EvaluationReport } from "../../src/contract/evaluation-report.ts";
import { run } from "../support/command-line.ts";
import { PROGRAM, startTestService, type TestService } from "../support/service.ts";
import { decideForVisitors, exploringProgram } from "../support/visitors.ts";

const USERS = 900;

let service: TestService;
let logged: string;
beforeAll(async () => {
  logged = await exploringProgram();
  service = await startTestService({ programs: { [PROGRAM]: logged } });
  await decideForVisitors(service, USERS);
  await service.shutDown();
}, 60_000);
afterAll(() => service.stop());

async function evaluated(yaml: string, ...more: readonly string[]) {
  const candidate = join(service.dataDir, "candidate.yaml");
  const out = join(service.dataDir, "report");
  await writeFile(candidate, yaml);
  const ending = await run(["evaluate", "--candidate", candidate, "--out", out, ...more], {
    DATA_DIR: service.dataDir,
    MODELS_DIR: "models",
  });
  return {
    ...ending,
    report: async () => EvaluationReport.parse(JSON.parse(await readFile(join(out, "report.json"), "utf8"))),
    out,
  };
}

describe("evaluate", () => {
  it("judges the program that decided exactly as it decided: every weight is 1", async () => {
    const { report, stderr } = await evaluated(logged, "--lambda", "0", "--any-spend");
    expect(stderr).toBe("");
    const { weights, difference, log, candidate, incumbent } = await report();
    expect(log).toMatchObject({ decisions: USERS, units: USERS, leftOut: {}, propensity: "marginal" });
    expect(weights.mean).toBe(1);
    expect(weights.max).toBe(1);
    expect(weights.ess).toBe(USERS);
    expect(candidate).toEqual({ ...incumbent, lambda: 0 });
    if ("refused" in difference) throw new Error(difference.refused);
    // What is left is how far the model's expectation is from what was drawn.
    expect(Math.abs(difference.value.estimate)).toBeLessThan(4 * difference.value.standardError);
  });

  it("decides again as an incumbent what was decided, to the same columns", async () => {
    const incumbent = join(service.dataDir, "incumbent.yaml");
    await writeFile(incumbent, logged);
    const { report } = await evaluated(logged, "--lambda", "0", "--incumbent", incumbent);
    const { difference } = await report();
    expect("refused" in difference ? difference : difference.value).toMatchObject({ estimate: 0, standardError: 0 });
  });

  it("compares another policy at equal spend, by two prices of which one spends more and one less", async () => {
    const candidate = logged.replace("version: 1", "version: 2").replace("maximize: profit", "maximize: value");
    const { report, stderr } = await evaluated(candidate);
    expect(stderr).toBe("");
    const { difference, curve } = await report();
    expect(curve.length).toBeGreaterThan(5);
    expect(curve[0]?.lambda).toBe(0);
    if ("refused" in difference) throw new Error(difference.refused);
    expect(difference.at).toBe("equal_spend");
    expect(difference.lambdas).toHaveLength(2);
    expect(difference.lambdas.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(difference.cost.estimate).toBeCloseTo(0, 9);
  });

  it("does not compare policies that spend differently, unless somebody asks for it", async () => {
    const candidate = logged.replace("version: 1", "version: 2");
    const refused = await evaluated(candidate, "--lambda", "50");
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/not compared/i);
    expect(Object.keys((await refused.report()).difference)).toEqual(["refused"]);
    const asked = await evaluated(candidate, "--lambda", "50", "--any-spend");
    expect(await asked.report()).toMatchObject({ difference: { at: "as_evaluated" } });
  });

  it("scores again where the candidate values otherwise, and given the arm leaves the holdout out", async () => {
    const candidate = logged.replace("version: 1", "version: 2").replace("valuePerUnit: 3.00", "valuePerUnit: 6.00");
    const { report } = await evaluated(candidate, "--propensity", "in-arm");
    const { log, uplift } = await report();
    expect(uplift.length).toBeGreaterThan(0);
    for (const { rankStability } of uplift) expect(rankStability).toBeGreaterThan(0);
    const holdout = (await service.records()).filter(({ arm }) => arm === "holdout").length;
    expect(log).toMatchObject({
      propensity: "in-arm",
      decisions: USERS - holdout,
      leftOut: { "arm holdout": holdout },
    });
  });

  it("splits by what it is told, and says what it cannot read", async () => {
    const [segment = ""] = await service.segments();
    const before = await readFile(segment);
    await appendFile(segment, '{"schema":"liftgate.decision.v1"}\nnot JSON\n');
    const { report, code, stdout } = await evaluated(logged, "--lambda", "0");
    expect(code).toBe(1);
    expect(stdout).toMatch(/:901: not a decision record/);
    expect(stdout).toMatch(/:902: a record is one JSON object/);
    expect((await report()).log).toMatchObject({ decisions: USERS, leftOut: { "not readable": 2 } });
    await writeFile(segment, before);
  });

  it("counts a decision once, however often its log is given", async () => {
    const decisions = join(service.dataDir, "decisions");
    const { report } = await evaluated(logged, "--lambda", "0", "--decisions", decisions, decisions);
    expect((await report()).log).toMatchObject({
      decisions: USERS,
      leftOut: { "the decision was there before": USERS },
    });
  });

  it("refuses a program that is not right, and options that make no sense together", async () => {
    const broken = await evaluated(logged.replace("hillstrom-email@1", "hillstrom-email@9"));
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/model not loaded: hillstrom-email@9/);
    expect((await evaluated(logged, "--lambda", "1", "--spend", "equal")).code).toBe(2);
    expect((await evaluated(logged, "--lambda", "-1")).code).toBe(2);
  });
});
