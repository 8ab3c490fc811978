/** What an evaluation says, as `report.json` holds it: see `core/evaluation/evaluation.ts` for what each field means. */
import { z } from "zod";
import {
  ESTIMATORS,
  type Evaluation,
  GATES,
  INTERVALS,
  LIMIT_CHOICES,
  VERDICTS,
} from "../core/evaluation/evaluation.ts";
import { Slug } from "./identifiers.ts";

const Count = z.int().min(0);
const Share = z.number().min(0).max(1);
const ranged = { low: z.number(), high: z.number() };
const estimated = { estimate: z.number(), standardError: z.number().min(0), ...ranged };
const Estimate = z.strictObject(estimated);
const Intervals = z.partialRecord(z.enum(INTERVALS), z.strictObject(ranged));
const Point = z.tuple([z.number(), z.number()]);

const Gate = z.strictObject({
  gate: z.enum(GATES),
  passed: z.boolean(),
  measured: z.number(),
  limit: z.number(),
  says: z.string(),
});

const PolicyResult = z.strictObject({
  policy: z.enum(["candidate", "incumbent", "nobody", "everybody", "random"]),
  action: Slug.nullable(),
  lambda: z.number().min(0).nullable(),
  value: Estimate,
  cost: Estimate,
  profit: Estimate,
  offered: Share,
});

const Difference = z.strictObject({
  at: z.enum(["equal_spend", "as_evaluated"]),
  lambdas: z.array(z.strictObject({ lambda: z.number().min(0), share: Share })),
  value: Estimate,
  cost: Estimate,
  profit: Estimate,
});

const EstimatorResult = z.strictObject({
  estimator: z.enum(ESTIMATORS),
  parameter: z.strictObject({ value: z.number(), chosenBy: z.enum(LIMIT_CHOICES) }).nullable(),
  value: z.strictObject({ ...estimated, intervals: Intervals }),
  cost: z.strictObject({ ...estimated, intervals: Intervals }),
});

const Histogram = z.strictObject({
  scale: z.enum(["linear", "log10"]),
  edges: z.array(z.number()),
  counts: z.array(Count),
});

const CurvePoint = z.strictObject({ lambda: z.number().min(0), value: Estimate, cost: Estimate, offered: Share });

const SliceResult = z.strictObject({
  name: z.string(),
  kind: z.enum(["slice", "protected"]),
  label: z.string(),
  decisions: Count,
  units: Count,
  offered: z.strictObject({ candidate: Share, incumbent: Share }),
  value: Estimate.nullable(),
  cost: Estimate.nullable(),
  harmed: z.boolean(),
});

const Calibration = z.strictObject({
  of: z.enum(["value", "cost"]),
  action: Slug,
  bins: z.array(
    z.strictObject({
      predicted: z.number(),
      observed: z.number(),
      standardError: z.number().min(0),
      decisions: Count,
    }),
  ),
  slope: Estimate,
  intercept: Estimate,
  ece: z.number().min(0),
  falls: Count,
  credibleFalls: Count,
});

const UpliftResult = z.strictObject({
  action: Slug,
  decisions: Count,
  qini: Estimate,
  auuc: Estimate,
  aucc: Estimate.nullable(),
  upliftAt: z.array(z.strictObject({ share: Share, uplift: Estimate })),
  rankStability: z.number().min(-1).max(1).nullable(),
  qiniCurve: z.array(Point),
  costCurve: z.array(Point),
});

const Compliance = z.strictObject({
  action: Slug,
  fidelity: Share,
  contamination: Share,
  intentionToTreat: Estimate,
  complierEffect: Estimate.nullable(),
  firstStageF: z.number().min(0),
});

export const EvaluationBody = z.strictObject({
  verdict: z.strictObject({ decision: z.enum(VERDICTS), reasons: z.array(z.string()) }),
  estimator: z.enum(ESTIMATORS),
  level: z.number().gt(0).lt(1),
  gates: z.array(Gate),
  policies: z.array(PolicyResult),
  difference: z.union([Difference, z.strictObject({ refused: z.string() })]),
  estimators: z.array(EstimatorResult),
  curve: z.array(CurvePoint),
  weights: z.strictObject({
    ess: z.number().min(0),
    mean: z.number().min(0),
    max: z.number().min(0),
    maxShare: Share,
    histogram: Histogram,
  }),
  propensities: Histogram,
  slices: z.array(SliceResult),
  calibration: z.array(Calibration),
  uplift: z.array(UpliftResult),
  compliance: z.array(Compliance),
}) satisfies z.ZodType<Evaluation>;
