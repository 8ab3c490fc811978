/** A whole report of a candidate that may ship: numbers of a month of e-mails, rounded to be read. */
import { about, calibration, ESTIMATOR_EXAMPLES, gate, point, policy, slice, uplift } from "./evaluation-figures.ts";
import type { EvaluationReport } from "./evaluation-report.ts";

export const EVALUATION_REPORT_EXAMPLE: EvaluationReport = {
  schema: "liftgate.evaluation.v1",
  createdAt: "2026-12-01T06:00:12.481Z",
  currency: "USD",
  candidate: {
    program: {
      id: "hillstrom-email",
      version: 2,
      digest: "sha256:1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014",
    },
    models: [
      {
        name: "hillstrom-email",
        version: "2",
        digest: "sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
      },
    ],
    lambda: 0.31,
  },
  incumbent: {
    program: {
      id: "hillstrom-email",
      version: 1,
      digest: "sha256:83e8cd69dc4db6b210c5dbe5edcbbe5932e23269bab8ff0be9ec9d8da7309abb",
    },
    models: [
      {
        name: "hillstrom-email",
        version: "1",
        digest: "sha256:91dcc4b5919ae01361bf0f1bafecb663b14af84ba13d37dc8d82ad7fdb1a0945",
      },
    ],
    lambda: null,
  },
  log: {
    from: "2026-11-01T00:00:03.112Z",
    until: "2026-11-30T23:59:41.870Z",
    decisions: 64_000,
    units: 51_204,
    leftOut: { degraded_features: 212, paused: 48, window_open: 1_904 },
    windowMs: 1_209_600_000,
    exposures: "reported",
    propensity: "in-arm",
  },
  limits: [
    "What users do to one another is not modelled: a decision is judged by its own user's outcomes.",
    "Outcomes that come later than 14 days after the decision are not counted.",
  ],
  verdict: {
    decision: "ship",
    reasons: [
      "All five gates passed.",
      "At equal spend the candidate earns 0.0214 USD more per decision; the 95 % interval is 0.0086 to 0.0342.",
      "Calibration never falls credibly, and no slice is credibly harmed.",
    ],
  },
  estimator: "dr",
  level: 0.95,
  gates: [
    gate("ess", [31_402, 640], "The weights are worth 31,402 decisions; at least 640 are needed."),
    gate("max_weight", [0.0009, 0.05], "The largest weight is 0.09 % of all; at most 5 % is allowed."),
    gate("mean_weight", [0.8, 3], "The mean weight is 0.8 standard errors from 1; at most 3 are allowed."),
    gate(
      "support",
      [0.002, 0.01],
      "0.2 % of the candidate's choices were hardly or never logged; at most 1 % is allowed.",
    ),
    gate("srm", [0.41, 0.001], "The drawn actions agree with the logged probabilities (p = 0.41; refused at 0.001)."),
  ],
  policies: [
    policy("candidate", { lambda: 0.31, value: [0.2871, 0.0061], cost: [0.1204, 0.0019], offered: 0.742 }),
    policy("incumbent", { lambda: null, value: [0.2649, 0.0058], cost: [0.1197, 0.0018], offered: 0.921 }),
    policy("nobody", { lambda: null, value: [0.1064, 0.0093], cost: [0, 0], offered: 0 }),
    {
      ...policy("everybody", { lambda: null, value: [0.2588, 0.0071], cost: [0.1741, 0.0027], offered: 1 }),
      action: "mens_email",
    },
    {
      ...policy("everybody", { lambda: null, value: [0.2013, 0.0094], cost: [0.1098, 0.0026], offered: 1 }),
      action: "womens_email",
    },
    policy("random", { lambda: null, value: [0.2187, 0.0069], cost: [0.1197, 0.0018], offered: 0.843 }),
  ],
  difference: {
    at: "equal_spend",
    lambdas: [
      { lambda: 0.31, share: 0.86 },
      { lambda: 0.36, share: 0.14 },
    ],
    value: about(0.0214, 0.0065),
    cost: about(0, 0.0009),
    profit: about(0.0214, 0.0065),
  },
  estimators: ESTIMATOR_EXAMPLES,
  curve: [
    point(
      0,
      [
        [0.3072, 0.0066],
        [0.1689, 0.0025],
      ],
      0.964,
    ),
    point(
      0.1,
      [
        [0.3011, 0.0064],
        [0.1492, 0.0022],
      ],
      0.893,
    ),
    point(
      0.2,
      [
        [0.2944, 0.0063],
        [0.1341, 0.002],
      ],
      0.814,
    ),
    point(
      0.31,
      [
        [0.2871, 0.0061],
        [0.1204, 0.0019],
      ],
      0.742,
    ),
    point(
      0.36,
      [
        [0.2839, 0.006],
        [0.1154, 0.0018],
      ],
      0.717,
    ),
    point(
      0.6,
      [
        [0.2566, 0.0059],
        [0.0797, 0.0015],
      ],
      0.531,
    ),
    point(
      1,
      [
        [0.2107, 0.0063],
        [0.0402, 0.0011],
      ],
      0.302,
    ),
    point(
      2,
      [
        [0.1487, 0.008],
        [0.0119, 0.0006],
      ],
      0.104,
    ),
  ],
  weights: {
    ess: 31_402,
    mean: 0.9971,
    max: 27.6,
    maxShare: 0.0009,
    histogram: {
      scale: "log10",
      edges: [-2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5],
      counts: [2_411, 3_904, 6_120, 8_233, 14_908, 24_377, 3_566, 481],
    },
  },
  propensities: {
    scale: "linear",
    edges: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    counts: [4_212, 3_108, 5_011, 6_203, 7_145, 8_020, 9_811, 11_436, 7_033, 2_021],
  },
  slices: [
    slice("channel", "Phone", { decisions: 28_021, shares: [0.731, 0.918], value: [0.0231, 0.0102] }),
    slice("channel", "Web", { decisions: 28_144, shares: [0.758, 0.925], value: [0.0208, 0.0101] }),
    slice("channel", "Multichannel", { decisions: 7_835, shares: [0.724, 0.917], value: [0.0175, 0.0188] }),
    slice("newbie", "new", { decisions: 32_102, shares: [0.702, 0.92], value: [0.0148, 0.0083] }),
    slice("newbie", "known", { decisions: 31_898, shares: [0.782, 0.922], value: [0.0281, 0.0099] }),
    {
      ...slice("age_band", "under 30", { decisions: 18_233, shares: [0.739, 0.92], value: [0.019, 0.0121] }),
      kind: "protected",
    },
    {
      ...slice("age_band", "30 to 59", { decisions: 30_114, shares: [0.745, 0.922], value: [0.0224, 0.0097] }),
      kind: "protected",
    },
    {
      ...slice("age_band", "60 and over", { decisions: 15_653, shares: [0.739, 0.921], value: [0.0223, 0.0133] }),
      kind: "protected",
    },
  ],
  calibration: [
    calibration("value", "mens_email", [0.061, 0.118, 0.171, 0.236, 0.334]),
    calibration("cost", "mens_email", [0.102, 0.131, 0.158, 0.184, 0.221]),
    calibration("value", "womens_email", [0.021, 0.064, 0.098, 0.143, 0.231]),
    calibration("cost", "womens_email", [0.071, 0.088, 0.102, 0.119, 0.148]),
  ],
  uplift: [uplift("mens_email", 0.1524), uplift("womens_email", 0.0949)],
  compliance: [
    {
      action: "mens_email",
      fidelity: 0.964,
      contamination: 0.003,
      intentionToTreat: about(0.1524, 0.0118),
      complierEffect: about(0.1586, 0.0123),
      firstStageF: 81_204,
    },
    {
      action: "womens_email",
      fidelity: 0.958,
      contamination: 0.002,
      intentionToTreat: about(0.0949, 0.0121),
      complierEffect: about(0.0993, 0.0127),
      firstStageF: 74_310,
    },
  ],
};
