import { describe, expect, it } from "vitest";
import { Clusters } from "../../../src/core/evaluation/clusters.ts";
import { errorOf, meanOver } from "../../../src/core/evaluation/row-groups.ts";
import { curveOf } from "../../../src/core/evaluation/uplift/curves.ts";
import { ranked, type RankedRows, RankedWeights } from "../../../src/core/evaluation/uplift/ranked-rows.ts";
import { excess } from "../../../src/core/evaluation/uplift/ranking-metrics.ts";
import { Random } from "../../../src/simulation/random.ts";

const TERMS = { level: 0.95, replicates: 1_000, seed: 7 };

function unitsOf(unit: readonly number[]) {
  return { unit: Int32Array.from(unit), units: Math.max(...unit) + 1 };
}

function normals(n: number, stream: string): Float64Array {
  const random = new Random(1, stream);
  return Float64Array.from({ length: n }, () => random.normal());
}

const UNITS = 6_000;

/** Of each unit one row; who has a high score gains more. */
function rankedWorld(world: number): RankedRows {
  const random = new Random(world, "ranking");
  const score = Float64Array.from({ length: UNITS }, () => random.uniform());
  const treated = Uint8Array.from(score, () => Number(random.uniform() < 0.5));
  return ranked({
    score,
    treated,
    value: score.map((u, i) => 2 * u * (treated[i] ?? NaN) + random.normal()),
    cost: new Float64Array(UNITS),
    weight: new Float64Array(UNITS).fill(2),
  });
}

function qiniOf(rows: RankedRows, weights = rows.weight) {
  return curveOf("qini", rows, weights);
}

describe("intervals by unit", () => {
  it("has the error of the mean when every unit comes once", () => {
    const n = 3_000;
    const clusters = new Clusters({ unit: Int32Array.from({ length: n }, (_, i) => i), units: n }, TERMS);
    const { estimate, standardError, low, high } = clusters.mean(normals(n, "x"));
    expect(estimate).toBeCloseTo(0, 1);
    expect(standardError * Math.sqrt(n)).toBeCloseTo(1, 1);
    expect((high - low) / (2 * 1.96 * standardError)).toBeCloseTo(1, 1);
  });

  it("counts what a unit repeats once: rows that are copies say nothing new", () => {
    const once = normals(500, "x");
    const thrice = Float64Array.from({ length: 1_500 }, (_, i) => once[i % 500] as number);
    const alone = new Clusters(unitsOf(Array.from(once, (_, i) => i)), TERMS).mean(once);
    const copied = new Clusters(unitsOf(Array.from(thrice, (_, i) => i % 500)), TERMS).mean(thrice);
    expect(copied.standardError).toBeCloseTo(alone.standardError, 12);
    expect(copied.low).toBeCloseTo(alone.low, 12);
  });

  it("groups more units than it resamples, and errs by a few per cent of the error at most", () => {
    const n = 50_000;
    const clusters = new Clusters({ unit: Int32Array.from({ length: n }, (_, i) => i), units: n }, TERMS);
    expect(Math.abs(clusters.mean(normals(n, "x")).standardError * Math.sqrt(n) - 1)).toBeLessThan(0.06);
  });

  it("has the error of a mean without resampling, too", () => {
    const x = normals(1_500, "x");
    const clusters = new Clusters(unitsOf(Array.from(x, (_, i) => Math.floor(i / 3))), TERMS);
    const { influence } = meanOver(clusters.sumsOf(x), clusters.rowsOfEach);
    expect(errorOf(influence, x.length) / clusters.mean(x).standardError).toBeCloseTo(1, 1);
  });

  it("leaves out replicates in which a statistic is not a number", () => {
    const clusters = new Clusters(unitsOf([0, 1, 2]), TERMS);
    const found = clusters.estimate([clusters.sumsOf(Float64Array.of(1, 0, 0))], ([x = 0]) => (x > 0 ? x : NaN));
    expect(found.low).toBeGreaterThan(0);
  });

  it("says the same of a mean whether it is told the sums or how often rows count", () => {
    const x = normals(900, "x");
    const unit = Int32Array.from(x, (_, i) => Math.floor(i / 3));
    const clusters = new Clusters({ unit, units: 300 }, TERMS);
    const [told] = clusters.resampled((times) => {
      const weights = x.map((_, i) => times[clusters.of(i)] ?? NaN);
      return [weights.reduce((sum, w, i) => sum + w * (x[i] ?? NaN), 0) / weights.reduce((sum, w) => sum + w, 0)];
    });
    const { low, high, standardError } = clusters.mean(x);
    expect(told?.low).toBeCloseTo(low, 12);
    expect(told?.high).toBeCloseTo(high, 12);
    expect(told?.standardError).toBeCloseTo(standardError, 12);
  });

  it("has the error of a ranking's Qini that new worlds show, of more units than it resamples", () => {
    const found = Array.from({ length: 80 }, (_, world) => excess(qiniOf(rankedWorld(world))));
    const mean = found.reduce((sum, x) => sum + x, 0) / found.length;
    const spread = Math.sqrt(found.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (found.length - 1));
    const rows = rankedWorld(0);
    const unit = Int32Array.from({ length: UNITS }, (_, i) => i);
    const clusters = new Clusters({ unit, units: UNITS }, { ...TERMS, replicates: 300 });
    const weights = new RankedWeights(rows, clusters);
    const [qini] = clusters.resampled((times) => [excess(qiniOf(rows, weights.times(times)))]);
    // Of 80 worlds the spread is known to 8 %, of 300 replicates to 4 %.
    expect(Math.abs((qini?.standardError ?? NaN) / spread - 1)).toBeLessThan(0.27);
  });

  it("is the same of the same seed, and another of another", () => {
    const x = normals(100, "x");
    const of = (seed: number) => new Clusters(unitsOf(Array.from(x, (_, i) => i)), { ...TERMS, seed }).mean(x);
    expect(of(1)).toEqual(of(1));
    expect(of(1).low).not.toBe(of(2).low);
  });

  it("has the means of labels with the error that the bootstrap has", () => {
    const n = 4_000;
    const x = normals(n, "x");
    const label = Uint16Array.from({ length: n }, (_, i) => i % 2);
    const clusters = new Clusters({ unit: Int32Array.from({ length: n }, (_, i) => i), units: n }, TERMS);
    const [even] = clusters.meansBy(x, label, 2);
    const half = x.filter((_, i) => i % 2 === 0);
    const own = new Clusters({ unit: Int32Array.from(half, (_, i) => i), units: half.length }, TERMS).mean(half);
    expect(even?.estimate).toBeCloseTo(own.estimate, 12);
    expect((even?.standardError ?? 0) / own.standardError).toBeCloseTo(1, 1);
  });

  it("resamples clusters with a mean count of 1 and the variance of a multinomial", () => {
    const n = 64;
    const ones = new Float64Array(n).fill(1);
    const clusters = new Clusters(unitsOf(Array.from(ones, (_, i) => i)), TERMS);
    for (const at of [0, 17, 63]) {
      const only = ones.map((_, i) => Number(i === at));
      const { standardError } = clusters.estimate([clusters.sumsOf(only)], ([x = 0]) => x);
      expect(Math.abs(standardError - Math.sqrt(1 - 1 / n))).toBeLessThan(0.12);
    }
  });
});
