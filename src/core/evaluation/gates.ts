/**
 * Whether the log can answer at all. A gate that does not pass says what was measured, and what is allowed; then
 * nothing is concluded.
 *
 *   ess          (Σw)²/Σw² ≥ max(200, 1 % of n)      (Kong 1992)
 *   max_weight   max w/Σw ≤ 5 %
 *   mean_weight  |Σw/n − 1| ≤ 3 SE: the mean of true weights is 1
 *   support      mass on actions that the log could not draw, or hardly, ≤ 1 %
 *   srm          the actions came as often as their propensities say: p ≥ 0.001
 */
import type { Gate } from "./evaluation.ts";

const ESS_MIN = 200;
const ESS_SHARE_MIN = 0.01;
const WEIGHT_SHARE_MAX = 0.05;
const STANDARD_ERRORS_MAX = 3;
const UNSUPPORTED_MAX = 0.01;
/** Looked at again with every evaluation: a true log is to be refused once in a thousand. */
const SRM_P_MIN = 0.001;

export interface WeightSummary {
  readonly ess: number;
  readonly mean: number;
  readonly max: number;
  readonly maxShare: number;
}

export interface GateMeasures {
  readonly rows: number;
  readonly weights: WeightSummary;
  /** Standard error of the mean weight, by units. */
  readonly meanError: number;
  /** Mean mass without support. */
  readonly unsupported: number;
  readonly pValueSrm: number;
}

export function summaryOfWeights(weights: Float64Array): WeightSummary {
  let sum = 0;
  let squares = 0;
  let max = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i] as number;
    sum += w;
    squares += w * w;
    if (w > max) max = w;
  }
  return {
    ess: squares === 0 ? 0 : (sum * sum) / squares,
    mean: weights.length === 0 ? 0 : sum / weights.length,
    max,
    maxShare: sum === 0 ? 1 : max / sum,
  };
}

export function gatesOf(measures: GateMeasures): readonly Gate[] {
  return [...weightGates(measures), ...logGates(measures)];
}

/** Of the weights: how much the log says, and whether they can be true. */
function weightGates({ rows, weights, meanError }: GateMeasures): readonly Gate[] {
  const essMin = Math.max(ESS_MIN, ESS_SHARE_MIN * rows);
  const meanOff = Math.abs(weights.mean - 1);
  const meanMax = STANDARD_ERRORS_MAX * meanError;
  return [
    {
      gate: "ess",
      passed: weights.ess >= essMin,
      measured: weights.ess,
      limit: essMin,
      says:
        `The ${rows} decisions say as much of the candidate as ${short(weights.ess)} of its own would; ` +
        `at least ${short(essMin)} are needed.`,
    },
    {
      gate: "max_weight",
      passed: weights.maxShare <= WEIGHT_SHARE_MAX,
      measured: weights.maxShare,
      limit: WEIGHT_SHARE_MAX,
      says:
        `One decision, weight ${short(weights.max)}, makes ${percent(weights.maxShare)} of all weight; ` +
        `at most ${percent(WEIGHT_SHARE_MAX)} may hang on one.`,
    },
    {
      gate: "mean_weight",
      passed: meanOff <= meanMax,
      measured: meanOff,
      limit: meanMax,
      says:
        `Weights have the mean ${weights.mean.toFixed(4)}, and true propensities give 1; ` +
        `chance explains a difference of ${short(meanMax)} at most.`,
    },
  ];
}

/** Of the log: what it never did, and whether its propensities hold. */
function logGates({ unsupported, pValueSrm }: GateMeasures): readonly Gate[] {
  return [
    {
      gate: "support",
      passed: unsupported <= UNSUPPORTED_MAX,
      measured: unsupported,
      limit: UNSUPPORTED_MAX,
      says:
        `${percent(unsupported)} of what the candidate would do the log never did, or hardly; ` +
        `at most ${percent(UNSUPPORTED_MAX)} may go unseen.`,
    },
    {
      gate: "srm",
      passed: pValueSrm >= SRM_P_MIN,
      measured: pValueSrm,
      limit: SRM_P_MIN,
      says:
        `Actions came as often as their propensities say with p = ${short(pValueSrm)}; ` +
        `below ${SRM_P_MIN} the propensities are not what was drawn from.`,
    },
  ];
}

function short(x: number): string {
  return Number(x.toPrecision(3)).toString();
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
