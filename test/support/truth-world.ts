/**
 * Logs of a world in which every effect is known: what a policy is truly worth is a mean of known numbers, and an
 * evaluation can be held against it.
 *
 * Users with two traits come one to three times; whatever a user spends anyway is in all of their decisions. Two offers
 * have effects on value and cost that differ by user. The log draws by probabilities between 0.1 and 0.8. Models know the
 * effects but for an error.
 */
import type { PolicyColumns, Sample } from "../../src/core/evaluation/sample.ts";
import { Random } from "../../src/simulation/random.ts";
import { policyOf, type Row, sampleOf } from "./samples.ts";

const ACTIONS = ["no_offer", "small", "large"] as const;
const LABELS = ["rare", "often"];

/** What is known of a decision before it: the true effects, and what the candidate's and the incumbent's models say. */
export interface KnownRow extends Row {
  readonly trueValue: readonly number[];
  readonly trueCost: readonly number[];
  /** Scores the incumbent decides on. */
  readonly otherValue: readonly number[];
}

export interface TruthLog {
  readonly rows: readonly KnownRow[];
  readonly sample: Sample;
}

/** How wrong the two models are: the deviation of their errors. */
export interface ModelErrors {
  readonly candidate: number;
  readonly incumbent: number;
}

export function truthLog(units: number, seed: number, errors: ModelErrors): TruthLog {
  const random = new Random(seed, "truth");
  const rows: KnownRow[] = [];
  for (let unit = 0; unit < units; unit++) {
    const user = { taste: random.normal(), often: Number(random.uniform() < 0.4), habit: random.normal() };
    for (let visits = random.whole(1, 4); visits > 0; visits--) rows.push(decision(random, { unit, ...user, errors }));
  }
  return { rows, sample: sampleOf(ACTIONS, rows, LABELS) };
}

/** Takes what nets most at the price λ, but for a tenth. */
export function pricedPolicy({ rows }: TruthLog, lambda: number, by: "candidate" | "incumbent"): PolicyColumns {
  return policyOf(rows, (_, i) => distribution(rows[i], { lambda, by }));
}

/** Value and cost per decision that a policy truly has in these situations. */
export function truthOf({ rows }: TruthLog, lambda: number, by: "candidate" | "incumbent") {
  let value = 0;
  let cost = 0;
  for (const row of rows) {
    for (const [a, p] of distribution(row, { lambda, by }).entries()) {
      value += p * (row.trueValue[a] ?? 0);
      cost += p * (row.trueCost[a] ?? 0);
    }
  }
  return { value: value / rows.length, cost: cost / rows.length };
}

interface Asked {
  readonly lambda: number;
  readonly by: "candidate" | "incumbent";
}

function distribution(row: KnownRow | undefined, { lambda, by }: Asked): readonly number[] {
  const values = (by === "candidate" ? row?.tauValue : row?.otherValue) ?? [];
  const nets = values.map((v, a) => v - lambda * (row?.tauCost?.[a] ?? 0));
  const best = nets.indexOf(Math.max(...nets));
  return nets.map((_, a) => 0.1 / 3 + (a === best ? 0.9 : 0));
}

interface Visitor {
  readonly unit: number;
  readonly taste: number;
  readonly often: number;
  readonly habit: number;
  readonly errors: ModelErrors;
}

function decision(random: Random, { unit, taste, often, habit, errors }: Visitor): KnownRow {
  const tau = [0, 0.25 + 0.3 * taste, 0.5 + 0.3 * often - 0.35 * taste];
  const price = [0, 0.2 + 0.05 * often, 0.6];
  const mu0 = 1 + 0.6 * habit + 0.4 * often;
  const heat = [1, Math.exp(0.5 * taste), Math.exp(-0.5 * taste)].map((w) => Math.min(3, Math.max(0.4, w)));
  const total = heat.reduce((sum, w) => sum + w, 0);
  const logged = heat.map((w) => w / total);
  const u = random.uniform();
  const [none = 0, small = 0] = logged;
  const assigned = u < none ? 0 : u < none + small ? 1 : 2;
  // Seven of ten redeem: the cost comes or does not, and is right on average.
  const redeems = random.uniform() < 0.7;
  const wrong = (error: number) => tau.map((t, a) => (a === 0 ? 0 : t + error * random.normal()));
  return {
    unit,
    assigned,
    logged,
    value: mu0 + (tau[assigned] ?? 0) + 0.8 * random.normal(),
    cost: redeems ? (price[assigned] ?? 0) / 0.7 : 0,
    tauValue: wrong(errors.candidate),
    tauCost: price,
    otherValue: wrong(errors.incumbent),
    covariates: [taste, often, habit + random.normal()],
    slice: often,
    trueValue: tau.map((t) => mu0 + t),
    trueCost: price,
  };
}
