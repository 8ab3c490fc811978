/**
 * What an evaluation says: plain data, the same in `report.json`. Amounts in the program's currency per decision,
 * unless said otherwise.
 */

export const VERDICTS = ["ship", "do_not_ship", "cannot_tell"] as const;
export type Verdict = (typeof VERDICTS)[number];

export const ESTIMATORS = [
  "ips",
  "clipped_ips",
  "snips",
  "dm",
  "dr",
  "clipped_dr",
  "sndr",
  "switch_dr",
  "dros",
  "sub_gaussian_ips",
  "sub_gaussian_dr",
] as const;
export type EstimatorName = (typeof ESTIMATORS)[number];

export const INTERVALS = ["normal", "student_t", "bootstrap", "bernstein", "anytime"] as const;
export type IntervalName = (typeof INTERVALS)[number];

/** How the limit of a weight is chosen; the first is what the other is held against. */
export const LIMIT_CHOICES = ["mse_bound", "slope"] as const;
export type LimitChoice = (typeof LIMIT_CHOICES)[number];

export const GATES = ["ess", "max_weight", "mean_weight", "support", "srm"] as const;
export type GateName = (typeof GATES)[number];

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A number with its standard error and the interval the verdict stands on (cluster bootstrap by unit). */
export interface Estimate extends Range {
  readonly estimate: number;
  readonly standardError: number;
}

export interface Gate {
  readonly gate: GateName;
  readonly passed: boolean;
  readonly measured: number;
  readonly limit: number;
  /** One sentence: what was measured, what is allowed, what follows. */
  readonly says: string;
}

/** A policy's value, cost and profit per decision. */
export interface PolicyResult {
  readonly policy: "candidate" | "incumbent" | "nobody" | "everybody" | "random";
  /** The one action of `everybody`. */
  readonly action: string | null;
  /** The price of money it was judged at; null: as logged, or it has none. */
  readonly lambda: number | null;
  readonly value: Estimate;
  readonly cost: Estimate;
  /** value − cost. */
  readonly profit: Estimate;
  /** Share of decisions with an offer, in [0, 1]. */
  readonly offered: number;
}

/** The candidate against the incumbent, paired: candidate − incumbent. */
export interface Difference {
  /** `equal_spend`: of two neighbouring λ mixed so that both spend the same. */
  readonly at: "equal_spend" | "as_evaluated";
  readonly lambdas: readonly { readonly lambda: number; readonly share: number }[];
  readonly value: Estimate;
  readonly cost: Estimate;
  readonly profit: Estimate;
}

export interface EstimatorResult {
  readonly estimator: EstimatorName;
  /** L of the value, and how it was chosen, there being a result for each way; null: it has none. */
  readonly parameter: { readonly value: number; readonly chosenBy: LimitChoice } | null;
  readonly value: Estimate & { readonly intervals: Readonly<Partial<Record<IntervalName, Range>>> };
  readonly cost: Estimate & { readonly intervals: Readonly<Partial<Record<IntervalName, Range>>> };
}

/** Counts of equal-width bins; `from` included. */
export interface Histogram {
  /** Whether `edges` are of the number or of its logarithm to base 10. */
  readonly scale: "linear" | "log10";
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface CurvePoint {
  readonly lambda: number;
  readonly value: Estimate;
  readonly cost: Estimate;
  readonly offered: number;
}

export interface SliceResult {
  readonly name: string;
  readonly kind: "slice" | "protected";
  readonly label: string;
  readonly decisions: number;
  readonly units: number;
  /** Shares of decisions with an offer. */
  readonly offered: { readonly candidate: number; readonly incumbent: number };
  /** candidate − incumbent, at the λ of the comparison; null: too few decisions to say. */
  readonly value: Estimate | null;
  readonly cost: Estimate | null;
  /** A loss beyond the declared tolerance that chance does not explain, after Holm's correction over all slices. */
  readonly harmed: boolean;
}

export interface CalibrationBin {
  readonly predicted: number;
  readonly observed: number;
  readonly standardError: number;
  readonly decisions: number;
}

export interface Calibration {
  readonly of: "value" | "cost";
  readonly action: string;
  readonly bins: readonly CalibrationBin[];
  readonly slope: Estimate;
  readonly intercept: Estimate;
  readonly ece: number;
  /** Neighbouring bins where the observed effect falls; those beyond 1.96 standard errors. */
  readonly falls: number;
  readonly credibleFalls: number;
}

export interface UpliftResult {
  readonly action: string;
  readonly decisions: number;
  readonly qini: Estimate;
  readonly auuc: Estimate;
  /** null: the incremental cost of all is 0. */
  readonly aucc: Estimate | null;
  readonly upliftAt: readonly { readonly share: number; readonly uplift: Estimate }[];
  /** Spearman's rank correlation of the predictions of bootstrap replicates; null: it has none, or too few decisions were scored again. */
  readonly rankStability: number | null;
  /** Thinned for plotting: x share of decisions, y incremental value per decision. */
  readonly qiniCurve: readonly (readonly [number, number])[];
  /** x incremental cost, y incremental value, per decision. */
  readonly costCurve: readonly (readonly [number, number])[];
}

/** Realized against assigned, of each paid action against `no_offer`. */
export interface Compliance {
  readonly action: string;
  /** Of the decisions assigned to it whose treatment is known: the share that got it. */
  readonly fidelity: number;
  /** Of those assigned to `no_offer`: the share that got it all the same. */
  readonly contamination: number;
  readonly intentionToTreat: Estimate;
  /** ITT_Y / ITT_D; null where the first stage is too weak (F ≤ 10). */
  readonly complierEffect: Estimate | null;
  readonly firstStageF: number;
}

export interface Evaluation {
  readonly verdict: { readonly decision: Verdict; readonly reasons: readonly string[] };
  /** What the verdict stands on. */
  readonly estimator: EstimatorName;
  readonly level: number;
  readonly gates: readonly Gate[];
  readonly policies: readonly PolicyResult[];
  /** null: refused, and why. */
  readonly difference: Difference | { readonly refused: string };
  /** The candidate under every estimator. */
  readonly estimators: readonly EstimatorResult[];
  readonly curve: readonly CurvePoint[];
  readonly weights: {
    readonly ess: number;
    readonly mean: number;
    readonly max: number;
    readonly maxShare: number;
    readonly histogram: Histogram;
  };
  readonly propensities: Histogram;
  readonly slices: readonly SliceResult[];
  readonly calibration: readonly Calibration[];
  readonly uplift: readonly UpliftResult[];
  readonly compliance: readonly Compliance[];
}
