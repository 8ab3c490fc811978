/** The contract of `report.json` says what the core says, no more and no less. */
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import { EvaluationReport } from "../../src/contract/evaluation-report.ts";
import { EVALUATION_REPORT_EXAMPLE } from "../../src/contract/evaluation-report-example.ts";
import { ESTIMATORS, GATES, LIMIT_CHOICES } from "../../src/core/evaluation/evaluation.ts";

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

describe("the contract of report.json", () => {
  it("has the type of the core's evaluation and its header, in both directions", () => {
    expectTypeOf<EvaluationReport>().toExtend<DeepReadonly<z.infer<typeof EvaluationReport>>>();
    expectTypeOf<z.infer<typeof EvaluationReport>>().toExtend<EvaluationReport>();
    expectTypeOf<keyof EvaluationReport>().toEqualTypeOf<keyof z.infer<typeof EvaluationReport>>();
  });

  it("accepts its example, which shows every gate and every estimator", () => {
    expect(EvaluationReport.parse(EVALUATION_REPORT_EXAMPLE)).toEqual(EVALUATION_REPORT_EXAMPLE);
    expect(EVALUATION_REPORT_EXAMPLE.gates.map(({ gate }) => gate)).toEqual(GATES);
    const { estimators } = EVALUATION_REPORT_EXAMPLE;
    expect([...new Set(estimators.map(({ estimator }) => estimator))]).toEqual(ESTIMATORS);
    const choices = new Set(estimators.map(({ parameter }) => parameter?.chosenBy));
    expect(LIMIT_CHOICES.filter((choice) => !choices.has(choice))).toEqual([]);
  });

  it("reads a refused comparison as one", () => {
    const refused = { ...EVALUATION_REPORT_EXAMPLE, difference: { refused: "No λ spends what the incumbent spends." } };
    expect(EvaluationReport.parse(refused)).toEqual(refused);
  });

  it.each([
    ["a field that is not known", { surprise: 1 }],
    ["another schema", { schema: "liftgate.evaluation.v2" }],
    ["a number that is none", { level: Number.NaN }],
    ["a verdict that is none", { verdict: { decision: "maybe", reasons: [] } }],
  ])("refuses %s", (_, change) => {
    expect(EvaluationReport.safeParse({ ...EVALUATION_REPORT_EXAMPLE, ...change }).success).toBe(false);
  });
});
