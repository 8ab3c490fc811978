/**
 * Expected values: `test/golden/obp.json`, made by zr-obp's own estimators (commit 8cbd5fa4), on a closed-form case of
 * twelve rows and on its Open Bandit samples.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type RewardColumns, rewardColumns, withBaseline } from "../../../../src/core/evaluation/contributions.ts";
import { Clusters } from "../../../../src/core/evaluation/clusters.ts";
import { summaryOfWeights } from "../../../../src/core/evaluation/gates.ts";
import { biasBoundAt, chosenLimits } from "../../../../src/core/evaluation/off-policy/choose-limit.ts";
import { contributionOf, type MeanEstimator } from "../../../../src/core/evaluation/off-policy/contribution-of.ts";
import { estimateAll } from "../../../../src/core/evaluation/off-policy/estimate-all.ts";
import {
  bernsteinLow,
  hoeffdingLow,
  rowMoments,
  studentTLow,
} from "../../../../src/core/evaluation/off-policy/intervals.ts";
import { Random } from "../../../../src/simulation/random.ts";
import { openBandit } from "../../../support/open-bandit.ts";
import { evaluated } from "../../../support/evaluated.ts";
import { rowsAlone } from "../../../support/truth-report.ts";

interface Golden {
  readonly closedForm: {
    readonly input: {
      readonly n: number;
      readonly reward: readonly number[];
      readonly behaviour: readonly (readonly number[])[];
      readonly target: readonly (readonly number[])[];
      readonly q: readonly (readonly number[])[];
    };
    readonly expected: Readonly<Record<string, number>>;
  };
  readonly openBandit: Readonly<Record<"men" | "women", Readonly<Record<string, number>>>>;
}

const GOLDEN: Golden = JSON.parse(readFileSync(new URL("../../../golden/obp.json", import.meta.url), "utf8"));
const TERMS = { level: 0.95, weightMax: 10, units: 12, groups: rowsAlone(12) };
/** The bar: agreement to 1e-9. */
const DIGITS = 9;

/** Row i has context i mod 4 and action i mod 3. */
function closedForm() {
  const { n, reward, behaviour, target, q } = GOLDEN.closedForm.input;
  const rows = Array.from({ length: n }, (_, i) => i);
  const at = (table: readonly (readonly number[])[], i: number) => table[i % 4]?.[i % 3] ?? NaN;
  return {
    w: Float64Array.from(rows, (i) => at(target, i) / at(behaviour, i)),
    reward: Float64Array.from(reward),
    qChosen: Float64Array.from(rows, (i) => at(q, i)),
    qPolicy: Float64Array.from(rows, (i) =>
      (target[i % 4] ?? []).reduce((sum, p, a) => sum + p * (q[i % 4]?.[a] ?? NaN), 0),
    ),
  };
}

const COLUMNS = closedForm();
const EXPECTED = GOLDEN.closedForm.expected;

function meanOf(column: Float64Array): number {
  return column.reduce((sum, x) => sum + x, 0) / column.length;
}

function estimates(columns: RewardColumns): Readonly<Record<string, number>> {
  return Object.fromEntries(
    estimateAll(columns, { ...TERMS, groups: rowsAlone(columns.w.length) }).map((one) => [one.estimator, one.estimate]),
  );
}

describe("estimators, on a closed form", () => {
  it.each([
    ["ips", "ips", 0],
    ["ips_clip2", "clipped_ips", 2],
    ["dm", "dm", 0],
    ["dr", "dr", 0],
    ["dr_clip2", "clipped_dr", 2],
    ["switch_dr_2", "switch_dr", 2],
    ["dros_3", "dros", 3],
    ["sgipw_.1", "sub_gaussian_ips", 0.1],
    ["sgdr_.1", "sub_gaussian_dr", 0.1],
  ] as const satisfies readonly (readonly [string, MeanEstimator, number])[])(
    "%s is what obp says",
    (name, estimator, limit) => {
      expect(meanOf(contributionOf(estimator, COLUMNS, limit))).toBeCloseTo(EXPECTED[name] ?? NaN, DIGITS);
    },
  );

  it.each(["snips", "sndr", "ips", "dm", "dr"])("%s is, of all at once, what obp says", (estimator) => {
    expect(estimates(COLUMNS)[estimator]).toBeCloseTo(EXPECTED[estimator] ?? NaN, DIGITS);
  });

  it("has obp's bounds: Hoeffding, empirical Bernstein, Student t; rewards of at most 5 and weights of at most 10", () => {
    const moments = rowMoments(contributionOf("ips", COLUMNS, 0));
    const bounded = { bound: 50, delta: 0.05 };
    expect(hoeffdingLow(moments, bounded)).toBeCloseTo(EXPECTED["hoeffding_lb"] ?? NaN, DIGITS);
    expect(bernsteinLow(moments, bounded)).toBeCloseTo(EXPECTED["bernstein_lb"] ?? NaN, DIGITS);
    expect(studentTLow(moments, 0.05)).toBeCloseTo(EXPECTED["student_t_lb"] ?? NaN, DIGITS);
  });

  it("has obp's bound of the bias of clipping at 2", () => {
    const bound = biasBoundAt("clipped_ips", COLUMNS, { limit: 2, range: 1 });
    expect(bound).toBeCloseTo(EXPECTED["bias_ub_clip2"] ?? NaN, DIGITS);
  });

  it("has obp's effective size, sum and largest of the weights", () => {
    const { ess, mean, max } = summaryOfWeights(COLUMNS.w);
    expect(ess).toBeCloseTo(EXPECTED["ess"] ?? NaN, DIGITS);
    expect(mean).toBeCloseTo(EXPECTED["sum_w_over_n"] ?? NaN, DIGITS);
    expect(max).toBeCloseTo(EXPECTED["max_w"] ?? NaN, DIGITS);
  });

  it("moves with each row as the influence function says, to first order", () => {
    for (const { estimator, influence, estimate } of estimateAll(COLUMNS, TERMS)) {
      expect(meanOf(influence)).toBeCloseTo(0, 9);
      if (estimator !== "snips" && estimator !== "sndr") continue;
      // One row more by a millionth of a row: weighted sums of all columns.
      const small = 1e-6;
      const moved = estimates(withMore(COLUMNS, 5, small))[estimator] ?? NaN;
      const expected = (small * (influence[5] ?? NaN)) / COLUMNS.w.length;
      expect(Math.abs(moved - estimate - expected)).toBeLessThan(0.01 * Math.abs(expected));
    }
  });
});

/** As if row k were there 1 + ε times, of the estimators that divide by weights: their sums are of w·r, w and q(x,π). */
function withMore(columns: typeof COLUMNS, k: number, small: number): typeof COLUMNS {
  const n = columns.w.length;
  const total = n + small;
  const times = (i: number) => (i === k ? 1 + small : 1);
  return {
    ...columns,
    w: columns.w.map((w, i) => (w * times(i) * n) / total),
    qPolicy: columns.qPolicy.map((q, i) => (q * times(i) * n) / total),
  };
}

describe("intervals of a log with few units", () => {
  it("holds the truth as often as Student's t says, however alike the rows of a unit are", () => {
    const random = new Random(6, "few units");
    const [units, visits, logs] = [10, 5, 600];
    const unit = Int32Array.from({ length: units * visits }, (_, i) => Math.floor(i / visits));
    const ones = new Float64Array(unit.length).fill(1);
    const none = new Float64Array(unit.length);
    const clusters = new Clusters({ unit, units }, { level: 0.95, replicates: 1, seed: 1 });
    const terms = { ...TERMS, units, groups: clusters };
    let held = 0;
    for (let log = 0; log < logs; log++) {
      const habits = Array.from({ length: units }, () => 3 * random.normal());
      const reward = Float64Array.from(unit, (u) => (habits[u] ?? NaN) + random.normal());
      const [ips] = estimateAll({ w: ones, reward, qChosen: none, qPolicy: none }, terms);
      held += Number(ips !== undefined && ips.intervals.student_t.low <= 0 && ips.intervals.student_t.high >= 0);
    }
    // 95 % of 600, within three standard errors.
    expect(Math.abs(held / logs - 0.95)).toBeLessThan(0.027);
  });
});

describe("the limit of a weight", () => {
  it("is as large as weights are when rows are many, and cuts one weight off that says nothing else", () => {
    const n = 20_000;
    const even = {
      w: new Float64Array(n).fill(1).map((_, i) => (i % 2 === 0 ? 0.5 : 1.5)),
      reward: new Float64Array(n).map((_, i) => i % 3),
      qChosen: new Float64Array(n).fill(1),
      qPolicy: new Float64Array(n).fill(1),
    };
    const limitOf = (estimator: MeanEstimator, columns: RewardColumns) =>
      chosenLimits(estimator, columns, rowsAlone(n))?.mse_bound.limit;
    expect(limitOf("clipped_ips", even)).toBeGreaterThanOrEqual(1.5);
    // What the model leaves over of these two is −1 and 1: together they say nothing, and only make it noisy.
    const wild = { ...even, w: even.w.map((w, i) => (i === 3 || i === 5 ? 5_000 : w)) };
    expect(limitOf("clipped_dr", wild)).toBeLessThan(5_000);
    expect(chosenLimits("dr", wild, rowsAlone(n))).toBeNull();
  });
});

describe("a second opinion of the limit, by SLOPE", () => {
  it("is told of every estimator that has one, beside that of the bound", () => {
    const told = estimateAll(COLUMNS, TERMS).map((one) => `${one.estimator} ${one.parameter?.chosenBy ?? ""}`);
    const tempered = ["clipped_ips", "clipped_dr", "switch_dr", "dros", "sub_gaussian_ips", "sub_gaussian_dr"];
    for (const name of tempered) expect(told).toEqual(expect.arrayContaining([`${name} mse_bound`, `${name} slope`]));
    expect(told).toHaveLength(5 + 2 * tempered.length);
  });

  it("cuts where nothing is lost by it, and not where the weights that are cut hold the value", () => {
    const n = 20_000;
    const w = new Float64Array(n).fill(0.5).map((weight, i) => (i % 100 === 0 ? 50.5 : weight));
    const none = new Float64Array(n);
    const random = new Random(3, "slope");
    const noise = Float64Array.from(w, () => random.normal());
    const slopeOf = (reward: Float64Array) =>
      chosenLimits("clipped_ips", { w, reward, qChosen: none, qPolicy: none }, rowsAlone(n))?.slope.limit;
    expect(slopeOf(noise)).toBe(1);
    expect(slopeOf(noise.map((x, i) => x + (i % 100 === 0 ? 10 : 0)))).toBeGreaterThan(25);
  });
});

describe("the Open Bandit logs", () => {
  it.each(["men", "women"] as const)("%s: the uniform policy by the bts log is what obp says", (campaign) => {
    const golden = GOLDEN.openBandit[campaign];
    const { sample, uniform } = openBandit(`bts-${campaign}`);
    const columns = rewardColumns("value", withBaseline(sample), uniform);
    const { ess, mean, max } = summaryOfWeights(columns.w);
    const ips = rowMoments(contributionOf("ips", columns, 0));
    expect(sample.rows).toBe(golden["n_bts"]);
    expect(ips.mean).toBeCloseTo(golden["ips_uniform_from_bts"] ?? NaN, DIGITS);
    expect(estimates(columns)["snips"]).toBeCloseTo(golden["snips"] ?? NaN, DIGITS);
    expect(Math.sqrt(ips.variance / sample.rows)).toBeCloseTo(golden["se_ips"] ?? NaN, DIGITS);
    expect(mean).toBeCloseTo(golden["sum_w_over_n"] ?? NaN, DIGITS);
    expect(max / (golden["max_w"] ?? NaN)).toBeCloseTo(1, DIGITS);
    expect(ess).toBeCloseTo(golden["ess"] ?? NaN, DIGITS);
    expect(meanOf(contributionOf("clipped_ips", columns, 100))).toBeCloseTo(golden["clip100"] ?? NaN, DIGITS);
    expect(meanOf(sample.value)).toBeCloseTo(golden["onpolicy_bts"] ?? NaN, DIGITS);
    const random = rowMoments(openBandit(`random-${campaign}`).sample.value);
    expect(random.mean).toBeCloseTo(golden["onpolicy_random"] ?? NaN, DIGITS);
    expect(Math.sqrt(random.variance / random.rows)).toBeCloseTo(golden["se_random"] ?? NaN, DIGITS);
  });

  it("refuses women, where one decision is a fifth of all weight, and reports men", () => {
    const [women, men] = (["women", "men"] as const).map((campaign) => {
      const { sample, uniform } = openBandit(`bts-${campaign}`);
      const policies = { candidate: [{ lambda: null, columns: uniform }], incumbent: null, curve: [] } as const;
      return evaluated(sample, policies, OPEN_TERMS);
    });
    expect(women?.verdict.decision).toBe("cannot_tell");
    expect(women?.gates.filter(({ passed }) => !passed).map(({ gate }) => gate)).toContain("ess");
    expect(women?.verdict.reasons[0]).toBe(
      "The 10000 decisions say as much of the candidate as 2.08 of its own would; at least 200 are needed.",
    );
    expect(women?.weights.max).toBeCloseTo(21_739.13, 2);
    expect(men?.gates.filter(({ passed }) => !passed)).toEqual([]);
    const of = (name: string) => men?.estimators.find(({ estimator }) => estimator === name)?.value.estimate;
    expect(of("ips")).toBeCloseTo(0.003008626, 9);
    expect(of("snips")).toBeCloseTo(0.003189423, 9);
    expect(men?.weights.ess).toBeCloseTo(655.7, 1);
  });
});

const OPEN_TERMS = {
  level: 0.95,
  replicates: 200,
  seed: 1,
  tolerance: 0,
  minSliceRows: 100,
  spend: "any",
  pValueSrm: 1,
} as const;
