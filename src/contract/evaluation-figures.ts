/** The parts the example of a report is put together from: estimates with 95 % intervals, and what holds them. */
import type {
  Calibration,
  CurvePoint,
  Estimate,
  EstimatorName,
  EstimatorResult,
  Gate,
  GateName,
  PolicyResult,
  SliceResult,
  UpliftResult,
} from "../core/evaluation/evaluation.ts";

/** Half the width of a 95 % interval, in standard errors. */
const Z_95 = 1.96;

export const ESTIMATOR_EXAMPLES: readonly EstimatorResult[] = [
  estimator("ips", [0.2893, 0.0098], [0.1211, 0.0031]),
  {
    ...estimator("clipped_ips", [0.2879, 0.0094], [0.1206, 0.003]),
    parameter: { value: 18.2, chosenBy: "mse_bound" },
  },
  estimator("snips", [0.2884, 0.0089], [0.1207, 0.0026]),
  estimator("dm", [0.2802, 0.0031], [0.1179, 0.0012]),
  estimator("dr", [0.2871, 0.0061], [0.1204, 0.0019]),
  {
    ...estimator("clipped_dr", [0.2868, 0.006], [0.1203, 0.0019]),
    parameter: { value: 18.2, chosenBy: "mse_bound" },
  },
  estimator("sndr", [0.287, 0.0061], [0.1204, 0.0019]),
  { ...estimator("switch_dr", [0.2866, 0.0059], [0.1202, 0.0018]), parameter: { value: 12.5, chosenBy: "mse_bound" } },
  { ...estimator("switch_dr", [0.2869, 0.006], [0.1203, 0.0019]), parameter: { value: 18.2, chosenBy: "slope" } },
  { ...estimator("dros", [0.2862, 0.0058], [0.1201, 0.0018]), parameter: { value: 310, chosenBy: "mse_bound" } },
  {
    ...estimator("sub_gaussian_ips", [0.2881, 0.0092], [0.1207, 0.0029]),
    parameter: { value: 0.004, chosenBy: "mse_bound" },
  },
  {
    ...estimator("sub_gaussian_dr", [0.2869, 0.006], [0.1203, 0.0019]),
    parameter: { value: 0.004, chosenBy: "mse_bound" },
  },
];

/** An estimate and its standard error. */
type Told = readonly [number, number];

export function about(estimate: number, standardError: number): Estimate {
  return {
    estimate,
    standardError,
    low: rounded(estimate - Z_95 * standardError),
    high: rounded(estimate + Z_95 * standardError),
  };
}

function rounded(figure: number): number {
  return Math.round(figure * 1e6) / 1e6;
}

export function gate(name: GateName, [measured, limit]: Told, says: string): Gate {
  return { gate: name, passed: true, measured, limit, says };
}

interface PolicyFigures {
  readonly lambda: number | null;
  readonly value: Told;
  readonly cost: Told;
  readonly offered: number;
}

export function policy(name: PolicyResult["policy"], { lambda, value, cost, offered }: PolicyFigures): PolicyResult {
  const profit = about(rounded(value[0] - cost[0]), value[1]);
  return { policy: name, action: null, lambda, value: about(...value), cost: about(...cost), profit, offered };
}

function estimator(name: EstimatorName, value: Told, cost: Told): EstimatorResult {
  return { estimator: name, parameter: null, value: withIntervals(value), cost: withIntervals(cost) };
}

function withIntervals([estimate, standardError]: Told): EstimatorResult["value"] {
  const normal = about(estimate, standardError);
  const wider = (factor: number) => {
    const { low, high } = about(estimate, standardError * factor);
    return { low, high };
  };
  const intervals = {
    normal: wider(1),
    student_t: wider(1.0001),
    bootstrap: wider(1.03),
    bernstein: wider(2.4),
    anytime: wider(1.5),
  };
  return { ...normal, ...intervals.bootstrap, intervals };
}

export function point(lambda: number, [value, cost]: readonly [Told, Told], offered: number): CurvePoint {
  return { lambda, value: about(...value), cost: about(...cost), offered };
}

interface SliceFigures {
  readonly decisions: number;
  readonly shares: readonly [number, number];
  readonly value: Told;
}

export function slice(name: string, label: string, { decisions, shares, value }: SliceFigures): SliceResult {
  const [candidate, incumbent] = shares;
  return {
    name,
    kind: "slice",
    label,
    decisions,
    units: Math.round(decisions * 0.8),
    offered: { candidate, incumbent },
    value: about(...value),
    cost: about(0.0002, 0.0013),
    harmed: false,
  };
}

export function calibration(of: Calibration["of"], action: string, predicted: readonly number[]): Calibration {
  const bins = predicted.map((each, i) => ({
    predicted: each,
    observed: rounded(each * 0.96 + (i % 2 === 0 ? 0.006 : -0.004)),
    standardError: rounded(0.011 + 0.002 * i),
    decisions: 8_120,
  }));
  return {
    of,
    action,
    bins,
    slope: about(0.96, 0.07),
    intercept: about(0.004, 0.012),
    ece: 0.0061,
    falls: 0,
    credibleFalls: 0,
  };
}

/** Curves that rise fast and then flatten, as those of a useful model do. */
export function uplift(action: string, effect: number): UpliftResult {
  const shares = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
  const gained = (share: number) => rounded(effect * share ** 0.7);
  return {
    action,
    decisions: 40_600,
    qini: about(rounded(effect * 0.088), 0.0031),
    auuc: about(rounded(effect * 0.588), 0.0052),
    aucc: about(0.581, 0.021),
    upliftAt: [0.1, 0.3, 0.5].map((share) => ({ share, uplift: about(rounded(gained(share) / share), 0.021) })),
    rankStability: 0.91,
    qiniCurve: shares.map((share) => [share, gained(share)] as const),
    costCurve: shares.map((share) => [rounded(effect * 0.8 * share), gained(share)] as const),
  };
}
