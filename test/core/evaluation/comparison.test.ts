import { describe, expect, it } from "vitest";
import { Clusters } from "../../../src/core/evaluation/clusters.ts";
import { differenceOf, meanOf, mixedCandidate, pairedRows } from "../../../src/core/evaluation/comparison.ts";
import { asLogged, withBaseline } from "../../../src/core/evaluation/contributions.ts";
import { pricedPolicy, truthLog } from "../../support/truth-world.ts";

const LOG = truthLog(2_000, 1, { candidate: 0.1, incumbent: 0.6 });
const MODELLED = withBaseline(LOG.sample);
const CLUSTERS = new Clusters(LOG.sample, { level: 0.95, replicates: 200, seed: 1 });
const INCUMBENT = asLogged(MODELLED);
const SPENT = meanOf(INCUMBENT.cost);

function judged(lambda: number) {
  return { lambda, columns: pricedPolicy(LOG, lambda, "candidate") };
}

describe("candidate against incumbent", () => {
  it("mixes two prices so that the candidate spends what the incumbent does", () => {
    const { contributions, lambdas } = mixedCandidate(MODELLED, [judged(0.2), judged(1.5)], SPENT);
    expect(meanOf(contributions.cost)).toBeCloseTo(SPENT, 12);
    expect(lambdas.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it("buys between the two prices what the model says: between λ of the one and of the other", () => {
    const { slope } = mixedCandidate(MODELLED, [judged(0.2), judged(1.5)], SPENT);
    expect(slope).toBeGreaterThan(0.2);
    expect(slope).toBeLessThan(1.5);
  });

  it("compares at equal spend, where profit differs as value does", () => {
    const candidate = mixedCandidate(MODELLED, [judged(0.2), judged(1.5)], SPENT);
    const paired = pairedRows(candidate.contributions, INCUMBENT);
    const found = differenceOf(CLUSTERS, candidate, { paired, spent: SPENT, rule: "equal" });
    if ("refused" in found) throw new Error(found.refused);
    expect(found.at).toBe("equal_spend");
    expect(found.cost.estimate).toBeCloseTo(0, 12);
    expect(found.profit).toEqual(found.value);
  });

  it("refuses another spend, by how much it is another, unless it is asked for", () => {
    const candidate = mixedCandidate(MODELLED, [judged(5)], SPENT);
    const paired = pairedRows(candidate.contributions, INCUMBENT);
    for (const rule of ["equal", "refuse"] as const) {
      const found = differenceOf(CLUSTERS, candidate, { paired, spent: SPENT, rule });
      expect("refused" in found && found.refused).toMatch(/^The candidate spends 0\.\d+ less a decision/);
    }
    const asked = differenceOf(CLUSTERS, candidate, { paired, spent: SPENT, rule: "any" });
    expect(asked).toMatchObject({ at: "as_evaluated", lambdas: [{ lambda: 5, share: 1 }] });
  });
});
