import { describe, expect, it } from "vitest";
import {
  asLogged,
  contributionsOf,
  mixedPolicy,
  weightsOf,
  withBaseline,
} from "../../../src/core/evaluation/contributions.ts";
import { policyOf, type Row, sampleOf } from "../../support/samples.ts";

const ACTIONS = ["no_offer", "a", "b"];
const ROWS: readonly Row[] = [
  { assigned: 1, logged: [0.5, 0.25, 0.25], value: 3, cost: 1, tauValue: [0, 1, 2], tauCost: [0, 0.5, 1] },
  { assigned: 0, logged: [0.8, 0.2, 0], value: 1, tauValue: [0, 1, NaN], tauCost: [0, 0.5, NaN] },
];
const SAMPLE = sampleOf(ACTIONS, ROWS);
/** μ0 = 1 of value, 0 of cost. */
const MODELLED = { sample: SAMPLE, baseline: { value: new Float64Array(2).fill(1), cost: new Float64Array(2) } };

describe("what a row says of a policy", () => {
  it("is q(x,π) + w·(r − q(x,a)), by hand", () => {
    const policy = policyOf(ROWS, () => [0.5, 0.5, 0]);
    const { value, cost } = contributionsOf(MODELLED, policy);
    // Row 0: q(π) = 1 + 0.5·1, w = 0.5/0.25, r − q(a) = 3 − 2. Row 1: q(π) = 1.5, w = 0.5/0.8, r − q(a) = 0.
    expect([...value]).toEqual([1.5 + 2 * 1, 1.5]);
    expect([...cost]).toEqual([0.25 + 2 * 0.5, 0.25]);
    expect([...weightsOf(SAMPLE, policy)]).toEqual([2, 0.5 / 0.8]);
  });

  it("is what was observed of the policy that decided", () => {
    expect(asLogged(MODELLED).value).toBe(SAMPLE.value);
  });

  it("is of a mixture the mixture of theirs", () => {
    const [one, other] = [policyOf(ROWS, () => [1, 0, 0]), policyOf(ROWS, () => [0.2, 0.8, 0])] as const;
    const [a, b] = [contributionsOf(MODELLED, one).value, contributionsOf(MODELLED, other).value];
    const both = contributionsOf(MODELLED, mixedPolicy(one, other, 0.25)).value;
    for (const [i, psi] of both.entries()) expect(psi).toBeCloseTo(0.25 * (a[i] ?? 0) + 0.75 * (b[i] ?? 0), 12);
  });

  it("has a baseline of its own where the model has none", () => {
    const { baseline } = withBaseline(SAMPLE);
    expect(baseline.value).toHaveLength(2);
    expect([...baseline.cost].every(Number.isFinite)).toBe(true);
  });
});
