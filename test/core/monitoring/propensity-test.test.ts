import { describe, expect, it } from "vitest";
import { draw } from "../../../src/core/decision/draw.ts";
import { PropensityTest } from "../../../src/core/monitoring/propensity-test.ts";
import { Random } from "../../../src/simulation/random.ts";

/** A distribution over three actions that differs from row to row. */
function anyRow(random: Random): readonly number[] {
  const weights = [1, 1, 1].map(() => random.uniform() ** 3);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Rows whose actions were drawn as logged, but for a share in which action 1 became action 0 unseen. */
function testOver(rows: number, seed: number, swapped: number): { readonly test: PropensityTest; readonly at: number } {
  const random = new Random(seed, "propensities");
  const test = new PropensityTest(3);
  let at = Infinity;
  for (let row = 0; row < rows; row++) {
    const p = anyRow(random);
    const drawn = draw(p, random.uniform());
    const silently = drawn === 1 && random.uniform() < swapped;
    test.observe(p, silently ? 0 : drawn);
    if (at === Infinity && test.pValue <= 0.01) at = row;
  }
  return { test, at };
}

describe("evidence against logged propensities", () => {
  it("multiplies by q/p, q learned from earlier rows only", () => {
    const test = new PropensityTest(2);
    test.observe([0.25, 0.75], 0);
    // Nothing was seen before: q = p.
    expect(test.logEvidence).toBe(0);
    test.observe([0.5, 0.5], 0);
    // By hand: action 0 came once where 0.25 was expected, action 1 never where 0.75 was.
    const [more, fewer] = [201 / 200.25, 200 / 200.75];
    expect(test.logEvidence).toBeCloseTo(Math.log(more / (0.5 * more + 0.5 * fewer)), 14);
  });

  it("is infinite when something comes that could not", () => {
    const test = new PropensityTest(2);
    test.observe([1, 0], 0);
    expect(test.pValue).toBe(1);
    test.observe([1, 0], 1);
    expect([test.logEvidence, test.pValue]).toEqual([Infinity, 0]);
  });

  it("refuses a row of other actions", () => {
    expect(() => new PropensityTest(2).observe([1], 0)).toThrow("a row has 2 actions, got 1");
    expect(() => new PropensityTest(2).observe([1, 0], 2)).toThrow("one of the row's");
  });
});

describe("over many streams, looked at after every row", () => {
  const STREAMS = 200;

  it("is wrong in at most 1 of 100 at level 0.01", () => {
    // Binomial(200, 0.01): more than 7 has a probability below 0.001.
    const alarms = Array.from({ length: STREAMS }, (_, seed) => testOver(5_000, seed, 0)).filter(
      ({ at }) => at < Infinity,
    );
    expect(alarms.length).toBeLessThanOrEqual(7);
  });

  it("finds a tenth of one action that is silently another", () => {
    const found = Array.from({ length: 20 }, (_, seed) => testOver(20_000, seed, 0.1).at);
    expect(found.filter((at) => at < 20_000)).toHaveLength(20);
  });
});
