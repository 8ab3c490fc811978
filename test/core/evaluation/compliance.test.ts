import { describe, expect, it } from "vitest";
import { Clusters } from "../../../src/core/evaluation/clusters.ts";
import { complianceOf } from "../../../src/core/evaluation/compliance.ts";
import { Random } from "../../../src/simulation/random.ts";
import { type Row, sampleOf } from "../../support/samples.ts";

const TERMS = { level: 0.95, replicates: 400, seed: 1 };

function resultOf(rows: readonly Row[]) {
  const sample = sampleOf(["no_offer", "a"], rows);
  return complianceOf(sample, new Clusters(sample, TERMS))[0];
}

/** Getting the action is worth 2; of those assigned to it, `complying` get it; the rest gets nothing, and is richer. */
function world(complying: number, known = 1): readonly Row[] {
  const random = new Random(5, "compliance");
  return Array.from({ length: 8_000 }, () => {
    const complies = random.uniform() < complying;
    const p = random.uniform() < 0.5 ? 0.2 : 0.7;
    const assigned = Number(random.uniform() < p);
    const given = assigned === 1 && complies ? 1 : 0;
    const isKnown = random.uniform() < known;
    const value = (complies ? 0 : 3) + 2 * given + random.normal();
    return { assigned, given: isKnown ? given : -1, logged: [1 - p, p], value };
  });
}

describe("realized against assigned", () => {
  it("finds the effect on those who comply, though those who do not are others", () => {
    const found = resultOf(world(0.6));
    expect(found?.fidelity).toBeCloseTo(0.6, 1);
    expect(found?.contamination).toBe(0);
    expect(found?.intentionToTreat.estimate).toBeCloseTo(1.2, 0);
    const { low = NaN, high = NaN } = found?.complierEffect ?? {};
    expect(low).toBeLessThan(2);
    expect(high).toBeGreaterThan(2);
    expect(high - low).toBeLessThan(0.5);
  });

  it("is the effect of the assignment where everybody complies", () => {
    const found = resultOf(world(1));
    expect(found?.complierEffect?.estimate).toBe(found?.intentionToTreat.estimate);
    expect(found?.firstStageF).toBe(1e9);
  });

  it("leaves out what is not known to have been given, and still finds it", () => {
    const { low = NaN, high = NaN } = resultOf(world(0.6, 0.5))?.complierEffect ?? {};
    expect(low).toBeLessThan(2);
    expect(high).toBeGreaterThan(2);
  });

  it("does not tell the effect on compliers of a first stage that is weak", () => {
    const found = resultOf(world(0.001));
    expect(found?.firstStageF).toBeLessThan(10);
    expect(found?.complierEffect).toBeNull();
  });

  it("counts the control that got the action all the same", () => {
    const rows = world(0.6).map((row, i) => (row.assigned === 0 && i % 4 === 0 ? { ...row, given: 1 } : row));
    expect(resultOf(rows)?.contamination).toBeCloseTo(0.25, 1);
  });

  it("says nothing of an action that nobody was assigned", () => {
    expect(resultOf([{ assigned: 0, logged: [0.9, 0.1], value: 1 }])).toBeUndefined();
  });
});
