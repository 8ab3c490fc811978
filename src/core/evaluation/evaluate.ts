/**
 * Was it worth it, and would the candidate have been: a policy judged on a log that another one decided.
 *
 * weights and gates → candidate and incumbent at equal spend → every estimator → slices → realized against assigned →
 * the verdict, with what is known of the model. Amounts are means per decision; intervals are of the cluster bootstrap by unit, unless said otherwise.
 */
import { calibrationHolds } from "./uplift/calibration-holds.ts";
import { Clusters, type ResamplingTerms } from "./clusters.ts";
import {
  type Candidate,
  differenceOf,
  type JudgedPolicy,
  meanOf,
  mixedCandidate,
  pairedRows,
  type SpendRule,
} from "./comparison.ts";
import { complianceOf } from "./compliance.ts";
import { asLogged, type Contributions, contributionsOf, type Modelled, withBaseline } from "./contributions.ts";
import type { Estimate, Evaluation } from "./evaluation.ts";
import { type Rewards, rewardsOf } from "./estimators.ts";
import { gatesOf, summaryOfWeights } from "./gates.ts";
import { logHistogram, shareHistogram } from "./histogram.ts";
import { referencesOf, resultsOf } from "./references.ts";
import type { PolicyColumns, Sample } from "./sample.ts";
import { slicesOf, type SliceTerms } from "./slices.ts";
import { verdictOn } from "./verdict.ts";

export interface Policies {
  /** One, or two of neighbouring λ to be mixed to equal spend: the first spends more. */
  readonly candidate: readonly [JudgedPolicy, ...JudgedPolicy[]];
  /** null: as logged. */
  readonly incumbent: JudgedPolicy | null;
  /** By rising λ; the sample may be of some units alone. */
  readonly curve: readonly { readonly lambda: number; readonly sample: Sample; readonly columns: PolicyColumns }[];
}

export interface EvaluationTerms extends ResamplingTerms, SliceTerms {
  readonly spend: SpendRule;
  /** Of the test that actions come as often as their propensities say, in [0, 1]. */
  readonly pValueSrm: number;
}

/** What takes longest, and stands by itself: how right the candidate's model is, how well it ranks, every estimator. */
export type Measured = Pick<Evaluation, "calibration" | "uplift" | "estimators">;
/** Everything else about the policies. */
export type Judged = Omit<Evaluation, "verdict" | keyof Measured>;

/** The policies on the same rows, at equal spend. */
export interface Prepared {
  readonly policies: Policies;
  readonly modelled: Modelled;
  readonly incumbent: Contributions;
  readonly candidate: Candidate;
  /** By the incumbent, per decision. */
  readonly spent: number;
  /** Of the candidate, for the estimators. */
  readonly rewards: Rewards;
}

export function prepare(sample: Sample, policies: Policies): Prepared {
  const modelled = withBaseline(sample);
  const incumbent =
    policies.incumbent === null ? asLogged(modelled) : contributionsOf(modelled, policies.incumbent.columns);
  const spent = meanOf(incumbent.cost);
  const candidate = mixedCandidate(modelled, policies.candidate, spent);
  return { policies, modelled, incumbent, candidate, spent, rewards: rewardsOf(modelled, candidate.columns) };
}

export function judge(
  { policies, modelled, incumbent, candidate, spent, rewards }: Prepared,
  terms: EvaluationTerms,
): Judged {
  const { sample } = modelled;
  const clusters = new Clusters(sample, terms);
  const weights = rewards.value.columns.w;
  const gates = gatesOf({
    rows: sample.rows,
    weights: summaryOfWeights(weights),
    meanError: clusters.mean(weights).standardError,
    unsupported: meanOf(candidate.columns.unsupported),
    pValueSrm: terms.pValueSrm,
  });
  const paired = pairedRows(candidate.contributions, incumbent);
  const difference = differenceOf(clusters, candidate, { paired, spent, rule: terms.spend });
  const offered = {
    candidate: candidate.columns.offered,
    incumbent: policies.incumbent?.columns.offered ?? offeredIn(sample),
  };
  const compared = !("refused" in difference);
  const slices = compared ? slicesOf(sample, clusters, { paired, slope: candidate.slope, offered }, terms) : [];
  return {
    estimator: "dr",
    level: terms.level,
    gates,
    policies: resultsOf(clusters, [
      {
        ...CANDIDATE,
        lambda: lambdaOf(candidate),
        offered: meanOf(offered.candidate),
        sums: sumsOf(clusters, candidate.contributions),
      },
      { ...INCUMBENT, lambda: null, offered: meanOf(offered.incumbent), sums: sumsOf(clusters, incumbent) },
      ...referencesOf(modelled, clusters, spent),
    ]),
    difference,
    curve: curveOf(policies.curve, terms),
    weights: { ...summaryOfWeights(weights), histogram: logHistogram(weights) },
    propensities: shareHistogram(sample.propensity),
    slices,
    compliance: complianceOf(sample, clusters),
  };
}

export function conclude(judged: Judged, measured: Measured): Evaluation {
  const { gates, difference, slices } = judged;
  const verdict = verdictOn({ gates, difference, slices, calibrationHolds: calibrationHolds(measured.calibration) });
  return { verdict, ...judged, ...measured };
}

const NONE: Estimate = { estimate: NaN, standardError: NaN, low: NaN, high: NaN };
const CANDIDATE = { policy: "candidate", action: null } as const;
const INCUMBENT = { policy: "incumbent", action: null } as const;

/** The price where most of the mixture is; with one price, that. */
function lambdaOf({ lambdas }: Candidate): number | null {
  return lambdas.reduce((most, next) => (next.share > most.share ? next : most)).lambda;
}

function offeredIn({ assigned }: Sample): Float64Array {
  return Float64Array.from(assigned, (action) => (action === 0 ? 0 : 1));
}

function sumsOf(clusters: Clusters, { value, cost }: Contributions): Contributions {
  return { value: clusters.sumsOf(value), cost: clusters.sumsOf(cost) };
}

/** Points of one sample together: what is drawn is then counted once for all of them. */
function curveOf(curve: Policies["curve"], terms: ResamplingTerms): Evaluation["curve"] {
  return [...Map.groupBy(curve, ({ sample }) => sample)].flatMap(([sample, points]) => {
    const modelled = withBaseline(sample);
    const contributions = points.map(({ columns }) => contributionsOf(modelled, columns));
    const means = new Clusters(sample, terms).means(contributions.flatMap(({ value, cost }) => [value, cost]));
    return points.map(({ lambda, columns }, k) => {
      const [value = NONE, cost = NONE] = means.slice(2 * k);
      return { lambda, value, cost, offered: Math.min(1, Math.max(0, meanOf(columns.offered))) };
    });
  });
}
