import { describe, expect, it } from "vitest";
import type { EvaluationTerms, Policies } from "../../../src/core/evaluation/evaluate.ts";
import { pricedPolicy, truthLog, type TruthLog, truthOf } from "../../support/truth-world.ts";
import { evaluated } from "../../support/evaluated.ts";
import { policyOf } from "../../support/samples.ts";

const TERMS: EvaluationTerms = {
  level: 0.95,
  replicates: 500,
  seed: 1,
  tolerance: 0,
  minSliceRows: 100,
  spend: "equal",
  pValueSrm: 0.5,
};
const LOG = truthLog(3_000, 11, { candidate: 0.1, incumbent: 1 });

function judged(log: TruthLog, lambda: number, by: "candidate" | "incumbent") {
  return { lambda, columns: pricedPolicy(log, lambda, by) };
}

/** The incumbent at λ = 0.5, and the candidate at two prices around its spend. */
function policies(log: TruthLog): Policies {
  return {
    candidate: [judged(log, 0.1, "candidate"), judged(log, 2, "candidate")],
    incumbent: judged(log, 0.5, "incumbent"),
    curve: [0, 1, 3].map((lambda) => ({ sample: log.sample, ...judged(log, lambda, "candidate") })),
  };
}

describe("an evaluation", () => {
  const evaluation = evaluated(LOG.sample, policies(LOG), TERMS);

  it("ships the policy of the better model, at equal spend", () => {
    expect(evaluation.gates.filter(({ passed }) => !passed)).toEqual([]);
    expect(evaluation.verdict.decision).toBe("ship");
    expect(evaluation.verdict.reasons[0]).toMatch(/^The candidate is worth more than the incumbent at equal spend/);
  });

  it("says of the incumbent what is true", () => {
    const truth = truthOf(LOG, 0.5, "incumbent");
    const incumbent = evaluation.policies.find(({ policy }) => policy === "incumbent");
    const { value, cost } = incumbent ?? {};
    expect(Math.abs((value?.estimate ?? NaN) - truth.value)).toBeLessThan(4 * (value?.standardError ?? 0));
    expect(Math.abs((cost?.estimate ?? NaN) - truth.cost)).toBeLessThan(4 * (cost?.standardError ?? 0));
  });

  it("sets policies beside it that need no model", () => {
    expect(evaluation.policies.map(({ policy, action }) => action ?? policy)).toEqual([
      "candidate",
      "incumbent",
      "nobody",
      "small",
      "large",
      "random",
    ]);
    const costs = Object.fromEntries(evaluation.policies.map(({ policy, cost }) => [policy, cost.estimate]));
    expect(costs["random"]).toBeCloseTo(costs["incumbent"] ?? NaN, 9);
    expect(costs["candidate"]).toBeCloseTo(costs["incumbent"] ?? NaN, 9);
    expect(evaluation.policies.find(({ policy }) => policy === "nobody")?.offered).toBe(0);
  });

  it("has every estimator, with intervals of every kind, that agree on the candidate", () => {
    const candidate = evaluation.policies[0];
    const dr = evaluation.estimators.find(({ estimator }) => estimator === "dr");
    expect(dr?.value.estimate).toBeCloseTo(candidate?.value.estimate ?? NaN, 9);
    expect([...new Set(evaluation.estimators.map(({ estimator }) => estimator))]).toEqual([
      "ips",
      "clipped_ips",
      "snips",
      "dm",
      "dr",
      "clipped_dr",
      "sndr",
      "switch_dr",
      "dros",
      "sub_gaussian_ips",
      "sub_gaussian_dr",
    ]);
    expect(Object.keys(dr?.value.intervals ?? {}).toSorted()).toEqual([
      "anytime",
      "bernstein",
      "bootstrap",
      "normal",
      "student_t",
    ]);
  });

  it("spends less at a higher price", () => {
    const [first, second, third] = evaluation.curve.map(({ cost }) => cost.estimate);
    expect(first).toBeGreaterThan(second ?? NaN);
    expect(second).toBeGreaterThan(third ?? NaN);
  });

  it("splits the difference by slice, which adds up to the whole", () => {
    const rows = evaluation.slices.reduce((sum, { decisions }) => sum + decisions, 0);
    const cost = evaluation.slices.reduce((sum, slice) => sum + slice.decisions * (slice.cost?.estimate ?? NaN), 0);
    expect(rows).toBe(LOG.sample.rows);
    expect(cost / rows).toBeCloseTo(0, 9);
  });

  it("is all finite numbers, as JSON has no others", () => {
    expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
    expect(JSON.stringify(evaluation)).not.toContain("null,null");
  });

  it("is the same again", () => {
    expect(evaluated(LOG.sample, policies(LOG), TERMS)).toEqual(evaluation);
  });

  it("compares nothing at another spend, unless asked", () => {
    const other = { ...policies(LOG), candidate: [judged(LOG, 4, "candidate")] } as const;
    const refused = evaluated(LOG.sample, other, { ...TERMS, spend: "refuse" });
    expect(refused.difference).toHaveProperty("refused");
    expect(refused.verdict.decision).toBe("cannot_tell");
    expect(refused.slices).toEqual([]);
    const asked = evaluated(LOG.sample, other, { ...TERMS, spend: "any" });
    expect(asked.difference).toMatchObject({ at: "as_evaluated" });
  });

  it("finds no difference between the log's policy and itself", () => {
    const self = policyOf(LOG.rows, ({ logged }) => logged);
    const candidate = [{ lambda: null, columns: self }] as const;
    const found = evaluated(LOG.sample, { candidate, incumbent: { lambda: null, columns: self }, curve: [] }, TERMS);
    expect(found.weights.mean).toBe(1);
    expect(found.difference).toMatchObject({ value: { estimate: 0, low: 0, high: 0 } });
    expect(found.verdict.decision).toBe("cannot_tell");
  });

  it("refuses what the log never did", () => {
    const blind = { ...policies(LOG).candidate[0].columns, unsupported: new Float64Array(LOG.sample.rows).fill(0.5) };
    const found = evaluated(LOG.sample, { ...policies(LOG), candidate: [{ lambda: 0, columns: blind }] }, TERMS);
    expect(found.gates.find(({ gate }) => gate === "support")?.passed).toBe(false);
    expect(found.verdict.decision).toBe("cannot_tell");
  });
});
