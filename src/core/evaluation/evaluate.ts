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
import {
  asLogged,
  type Contributions,
  contributionsOf,
  fixedPolicy,
  type Modelled,
  rewardColumns,
  weightsOf,
  withBaseline,
} from "./contributions.ts";
import type { Estimate, EstimatorResult, Evaluation, PolicyResult } from "./evaluation.ts";
import { gatesOf, summaryOfWeights } from "./gates.ts";
import { logHistogram, shareHistogram } from "./histogram.ts";
import { type EstimateOfOne, estimateAll } from "./off-policy/estimate-all.ts";
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

/** How right the candidate's model is, and how well it ranks. */
export type Measured = Pick<Evaluation, "calibration" | "uplift">;
/** Everything about the policies. */
export type Judged = Omit<Evaluation, "verdict" | keyof Measured>;

export function evaluate(sample: Sample, policies: Policies, terms: EvaluationTerms): Judged {
  const clusters = new Clusters(sample, terms);
  const modelled = withBaseline(sample);
  const incumbent =
    policies.incumbent === null ? asLogged(modelled) : contributionsOf(modelled, policies.incumbent.columns);
  const spent = meanOf(incumbent.cost);
  const candidate = mixedCandidate(modelled, policies.candidate, spent);
  const weights = weightsOf(sample, candidate.columns);
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
    policies: [
      resultOf(clusters, candidate.contributions, {
        ...CANDIDATE,
        lambda: lambdaOf(candidate),
        offered: meanOf(offered.candidate),
      }),
      resultOf(clusters, incumbent, { ...INCUMBENT, lambda: null, offered: meanOf(offered.incumbent) }),
      ...referencesOf(modelled, clusters, spent),
    ],
    difference,
    estimators: estimatorsOf(modelled, clusters, candidate.columns, terms.level),
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

type About = Pick<PolicyResult, "policy" | "action" | "lambda" | "offered">;

function resultOf(clusters: Clusters, { value, cost }: Contributions, about: About): PolicyResult {
  const sums = [value, cost, 1].map((column) => clusters.sumsOf(column));
  const [ofValue = NONE, ofCost = NONE, profit = NONE] = clusters.estimates(sums, [
    ([v = 0, , n = 0]) => v / n,
    ([, c = 0, n = 0]) => c / n,
    ([v = 0, c = 0, n = 0]) => (v - c) / n,
  ]);
  return { ...about, offered: Math.min(1, Math.max(0, about.offered)), value: ofValue, cost: ofCost, profit };
}

/** Nobody; everybody, with each action; and offers by the lot that cost what the incumbent spends, if they can. */
function referencesOf(modelled: Modelled, clusters: Clusters, spent: number): readonly PolicyResult[] {
  const { sample } = modelled;
  const { actions } = sample;
  const all = (policy: PolicyColumns, about: Pick<PolicyResult, "policy" | "action">) => {
    const contributions = contributionsOf(modelled, policy);
    return resultOf(clusters, contributions, { ...about, lambda: null, offered: meanOf(policy.offered) });
  };
  const alone = (action: number, share: number) => actions.map((_, a) => (a === action ? share : 0));
  const nobody = all(fixedPolicy(sample, alone(0, 1)), { policy: "nobody", action: null });
  const everybody = actions
    .slice(1)
    .map((action, k) => all(fixedPolicy(sample, alone(k + 1, 1)), { policy: "everybody", action }));
  const even = fixedPolicy(sample, evenly(actions.length, 1));
  const evenCost = meanOf(contributionsOf(modelled, even).cost);
  const share = (spent - nobody.cost.estimate) / (evenCost - nobody.cost.estimate);
  const affordable = Number.isFinite(share) && share >= 0 && share <= 1;
  const random = affordable ? [all(fixedPolicy(sample, evenly(actions.length, share)), RANDOM)] : [];
  return [nobody, ...everybody, ...random];
}

const RANDOM = { policy: "random", action: null } as const;

function evenly(actions: number, share: number): readonly number[] {
  return Array.from({ length: actions }, (_, a) => (a === 0 ? 0 : share / (actions - 1)));
}

function estimatorsOf(
  modelled: Modelled,
  clusters: Clusters,
  policy: PolicyColumns,
  level: number,
): readonly EstimatorResult[] {
  const weightMax = 1 / modelled.sample.propensity.reduce((least, p) => Math.min(least, p), 1);
  const errorOfMean = (column: Float64Array) => clusters.errorOfMean(column);
  const terms = { level, weightMax, units: modelled.sample.units, errorOfMean };
  const by = (what: keyof Contributions) =>
    Array.from(estimateAll(rewardColumns(what, modelled, policy), terms), (one) => {
      return { ...namesOf(one), result: withBootstrap(one, clusters) };
    });
  const costs = by("cost");
  return by("value").flatMap(({ estimator, parameter, result: value }, k) => {
    const cost = costs[k]?.result;
    return cost === undefined ? [] : [{ estimator, parameter, value, cost }];
  });
}

function namesOf({ estimator, parameter }: EstimateOfOne): Pick<EstimatorResult, "estimator" | "parameter"> {
  return { estimator, parameter };
}

function withBootstrap(
  { estimate, influence, intervals }: EstimateOfOne,
  clusters: Clusters,
): EstimatorResult["value"] {
  const around = clusters.mean(influence);
  const bootstrap = { low: estimate + around.low, high: estimate + around.high };
  return { estimate, standardError: around.standardError, ...bootstrap, intervals: { ...intervals, bootstrap } };
}

function curveOf(curve: Policies["curve"], terms: ResamplingTerms): Evaluation["curve"] {
  const prepared = new Map<Sample, { readonly modelled: Modelled; readonly clusters: Clusters }>();
  return curve.map(({ lambda, sample, columns }) => {
    const known = prepared.get(sample) ?? { modelled: withBaseline(sample), clusters: new Clusters(sample, terms) };
    prepared.set(sample, known);
    const { value, cost } = contributionsOf(known.modelled, columns);
    const [ofValue = NONE, ofCost = NONE] = known.clusters.means([value, cost]);
    return { lambda, value: ofValue, cost: ofCost, offered: Math.min(1, Math.max(0, meanOf(columns.offered))) };
  });
}
