/**
 * A policy judged on a log by the doubly robust estimator, with normal intervals of sums by unit.
 *
 *   ψ_i = q(x_i,π) + w_i·(r_i − q(x_i,a_i))      w = π(a|x)/p, q = τ
 *   V = mean ψ,  se² = Σ_units (Σ_{i in unit} (ψ_i − V))² / n²
 *
 * Two candidates are mixed so that they spend what the incumbent does: share α of the first.
 */
import type {
  Calibration,
  Difference,
  Estimate,
  Evaluation,
  Gate,
  PolicyResult,
  UpliftResult,
  Verdict,
} from "./evaluation.ts";
import type { Expected, PolicyColumns, Sample } from "./sample.ts";

export interface JudgedPolicy {
  readonly lambda: number | null;
  readonly columns: PolicyColumns;
}

export interface Policies {
  /** One, or two of neighbouring λ to be mixed to equal spend: the first spends more. */
  readonly candidate: readonly JudgedPolicy[];
  /** null: as logged. */
  readonly incumbent: JudgedPolicy | null;
  readonly curve: readonly { readonly lambda: number; readonly sample: Sample; readonly columns: PolicyColumns }[];
}

export interface EvaluationTerms {
  readonly level: number;
  readonly replicates: number;
  readonly seed: number;
  readonly floor: number;
  readonly tolerance: number;
  readonly spend: "equal" | "any" | "refuse";
  readonly minSliceRows: number;
  readonly pValueSrm: number;
  readonly calibration: readonly Calibration[];
  readonly uplift: readonly UpliftResult[];
}

const Z = 1.959964;
const SPEND_TOLERANCE = 0.01;

export function evaluate(sample: Sample, policies: Policies, terms: EvaluationTerms): Evaluation {
  const [first, second] = policies.candidate.map(({ columns }) => rowsOf(sample, columns));
  const nothing = { value: new Float64Array(sample.rows), cost: new Float64Array(sample.rows) };
  const high = first ?? nothing;
  const low = second ?? high;
  const incumbent = policies.incumbent === null ? sample : rowsOf(sample, policies.incumbent.columns);
  const share =
    terms.spend === "equal" && second !== undefined
      ? shareOf(meanOf(high.cost), meanOf(low.cost), meanOf(incumbent.cost))
      : 1;
  const candidate = { value: mixed(high.value, low.value, share), cost: mixed(high.cost, low.cost, share) };
  const gates = gatesOf(sample, policies.candidate[0]?.columns);
  const lambdas = policies.candidate.map(({ lambda }, i) => ({
    lambda: lambda ?? 0,
    share: i === 0 ? share : 1 - share,
  }));
  const difference = differenceOf(sample, { candidate, incumbent, lambdas }, terms.spend);
  const decision = gates.every(({ passed }) => passed) ? decisionOn(difference) : "cannot_tell";
  return {
    verdict: { decision, reasons: ["refused" in difference ? difference.refused : WORDS[decision]] },
    estimator: "dr",
    level: terms.level,
    gates,
    policies: [
      resultOf(sample, candidate, { policy: "candidate", lambda: policies.candidate[0]?.lambda ?? null }),
      resultOf(sample, incumbent, { policy: "incumbent", lambda: null }),
    ],
    difference,
    estimators: [],
    curve: curveOf(policies.curve),
    weights: { ...weightsOf(sample, policies.candidate[0]?.columns), histogram: NO_HISTOGRAM },
    propensities: NO_HISTOGRAM,
    slices: [],
    calibration: terms.calibration,
    uplift: terms.uplift,
    compliance: [],
  };
}

interface Rows {
  readonly value: Float64Array;
  readonly cost: Float64Array;
}

function rowsOf(sample: Sample, columns: PolicyColumns): Rows {
  const robust = (planned: Float64Array, observed: Float64Array, { assigned }: Expected) =>
    planned.map((q, i) => {
      const weight = (columns.drawn[i] as number) / (sample.propensity[i] as number);
      return q + weight * ((observed[i] as number) - (assigned[i] as number));
    });
  return {
    value: robust(columns.expectedValue, sample.value, sample.expectedValue),
    cost: robust(columns.expectedCost, sample.cost, sample.expectedCost),
  };
}

interface Contest {
  readonly candidate: Rows;
  readonly incumbent: Rows;
  readonly lambdas: Difference["lambdas"];
}

function differenceOf(
  sample: Sample,
  { candidate, incumbent, lambdas }: Contest,
  spend: EvaluationTerms["spend"],
): Evaluation["difference"] {
  const value = minus(candidate.value, incumbent.value);
  const costs = minus(candidate.cost, incumbent.cost);
  const cost = estimateOf(costs, sample);
  const agree = Math.abs(cost.estimate) <= SPEND_TOLERANCE * Math.abs(meanOf(incumbent.cost));
  if (spend === "refuse" && !agree) return { refused: REFUSED };
  const at = spend === "equal" ? "equal_spend" : "as_evaluated";
  return { at, lambdas, value: estimateOf(value, sample), cost, profit: estimateOf(minus(value, costs), sample) };
}

function decisionOn(difference: Evaluation["difference"]): Verdict {
  if ("refused" in difference || (difference.value.low <= 0 && difference.value.high >= 0)) return "cannot_tell";
  return difference.value.low > 0 ? "ship" : "do_not_ship";
}

function curveOf(curve: Policies["curve"]): Evaluation["curve"] {
  return curve.map(({ lambda, sample, columns }) => {
    const { value, cost } = rowsOf(sample, columns);
    return {
      lambda,
      value: estimateOf(value, sample),
      cost: estimateOf(cost, sample),
      offered: meanOf(columns.offered),
    };
  });
}

function shareOf(high: number, low: number, wanted: number): number {
  return high === low ? 1 : Math.min(1, Math.max(0, (wanted - low) / (high - low)));
}

function mixed(a: Float64Array, b: Float64Array, share: number): Float64Array {
  return a.map((x, i) => share * x + (1 - share) * (b[i] as number));
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x - (b[i] as number));
}

function meanOf(column: Float64Array): number {
  return column.reduce((sum, x) => sum + x, 0) / column.length;
}

function estimateOf(psi: Float64Array, { unit, units }: Pick<Sample, "unit" | "units">): Estimate {
  const estimate = meanOf(psi);
  const sums = new Float64Array(units);
  for (let i = 0; i < psi.length; i++) {
    const at = unit[i] as number;
    sums[at] = (sums[at] as number) + (psi[i] as number) - estimate;
  }
  const standardError = Math.sqrt(sums.reduce((sum, x) => sum + x * x, 0)) / psi.length;
  return { estimate, standardError, low: estimate - Z * standardError, high: estimate + Z * standardError };
}

function resultOf(sample: Sample, { value, cost }: Rows, about: Pick<PolicyResult, "policy" | "lambda">): PolicyResult {
  return {
    ...about,
    action: null,
    value: estimateOf(value, sample),
    cost: estimateOf(cost, sample),
    profit: estimateOf(minus(value, cost), sample),
    offered: 0,
  };
}

function weightsOf({ propensity }: Sample, columns: PolicyColumns | undefined) {
  const weights = propensity.map((p, i) => (columns?.drawn[i] ?? 0) / p);
  const sum = weights.reduce((total, w) => total + w, 0);
  const squares = weights.reduce((total, w) => total + w * w, 0);
  const max = weights.reduce((most, w) => Math.max(most, w), 0);
  return {
    ess: squares > 0 ? (sum * sum) / squares : 0,
    mean: sum / weights.length,
    max,
    maxShare: sum > 0 ? max / sum : 1,
  };
}

function gatesOf(sample: Sample, columns: PolicyColumns | undefined): readonly Gate[] {
  const { ess, maxShare } = weightsOf(sample, columns);
  const limit = Math.max(200, 0.01 * sample.rows);
  return [
    {
      gate: "ess",
      passed: ess >= limit,
      measured: ess,
      limit,
      says: `The effective sample size is ${Math.round(ess)}, and must be ${limit}.`,
    },
    {
      gate: "max_weight",
      passed: maxShare <= 0.05,
      measured: maxShare,
      limit: 0.05,
      says: "One decision weighs too much.",
    },
  ];
}

const REFUSED = "The candidate and the incumbent do not spend the same: not compared.";
const WORDS = {
  ship: "It earns more.",
  do_not_ship: "It earns less.",
  cannot_tell: "The difference may be chance, or a gate did not pass.",
} as const;
const NO_HISTOGRAM = { scale: "linear", edges: [], counts: [] } as const;
