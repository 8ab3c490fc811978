import { describe, expect, it } from "vitest";
import { Clusters } from "../../../src/core/evaluation/clusters.ts";
import { contributionsOf } from "../../../src/core/evaluation/contributions.ts";
import { FixedPolicies } from "../../../src/core/evaluation/references.ts";
import { policyOf, type Row, sampleOf } from "../../support/samples.ts";

const ROWS: readonly Row[] = [
  { assigned: 1, logged: [0.5, 0.25, 0.25], value: 3, cost: 1, tauValue: [0, 1, 2], tauCost: [0, 0.5, 1] },
  { assigned: 0, logged: [0.8, 0.2, 0], value: 1, tauValue: [0, 1, NaN], tauCost: [0, 0.5, NaN] },
  { assigned: 2, logged: [0.2, 0.4, 0.4], value: 5, cost: 2, tauValue: [0, 1, 3], tauCost: [0, 0.5, 1] },
];
const SAMPLE = sampleOf(["no_offer", "a", "b"], ROWS);
/** μ0 = 1 of value, 0 of cost. */
const MODELLED = { sample: SAMPLE, baseline: { value: new Float64Array(3).fill(1), cost: new Float64Array(3) } };
/** Every row is a cluster. */
const CLUSTERS = new Clusters(SAMPLE, { level: 0.95, replicates: 2, seed: 1 });

describe("a policy that gives everybody the same shares", () => {
  it.each([
    { shares: [0, 1, 0], mass: () => [0, 1, 0] },
    { shares: [0, 0.3, 0.4], mass: ({ logged }: Row) => (logged[2] === 0 ? [0.7, 0.3, 0] : [0.3, 0.3, 0.4]) },
    // Whoever an action could not be drawn for gets no_offer.
    { shares: [0, 0, 1], mass: ({ logged }: Row) => (logged[2] === 0 ? [1, 0, 0] : [0, 0, 1]) },
  ])("says of every row what its columns say: $shares", ({ shares, mass }) => {
    const { sums, offered } = new FixedPolicies(MODELLED, CLUSTERS).at(shares);
    const policy = policyOf(ROWS, mass);
    const { value, cost } = contributionsOf(MODELLED, policy);
    ROWS.forEach((_, row) => {
      const cluster = CLUSTERS.of(row);
      expect(sums.value[cluster]).toBeCloseTo(value[row] ?? NaN, 12);
      expect(sums.cost[cluster]).toBeCloseTo(cost[row] ?? NaN, 12);
    });
    const share = ROWS.reduce((sum, row) => sum + 1 - (mass(row)[0] ?? NaN), 0) / ROWS.length;
    expect(offered).toBeCloseTo(share, 12);
  });
});
