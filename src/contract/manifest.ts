/** The model folder: `manifest.json` and `golden.json`, as the training package writes them. */
import { z } from "zod";
import { Digest, DurationText, Instant, Sha256Hex, Slug } from "./identifiers.ts";
import { ACTIONS_MAX, FEATURES_MAX, MODEL_BYTES_MAX } from "./limits.ts";

const FeatureName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "a name usable in rules: letters, digits and _");
const FilePath = z.string().regex(/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,127}$/, "a relative path without ..");
const FileEntry = z.strictObject({ sha256: Sha256Hex, bytes: z.int().min(1).max(MODEL_BYTES_MAX) });
const Share = z.number().min(0).max(1);

const NumericStatistics = z.strictObject({
  count: z.int().min(0),
  nullRate: Share,
  mean: z.number(),
  std: z.number().min(0),
  min: z.number(),
  max: z.number(),
  quantiles: z.array(z.number()).length(11),
  psiBins: z.array(z.number()),
  psiExpected: z.array(Share),
});
const CategoricalStatistics = z.strictObject({
  count: z.int().min(0),
  nullRate: Share,
  frequencies: z.array(Share),
});

const described = {
  index: z
    .int()
    .min(0)
    .max(FEATURES_MAX - 1),
  name: FeatureName,
  source: z.enum(["store", "request", "context"]),
  nullable: z.boolean(),
  onMissing: z.enum(["nan", "default", "reject"]),
  default: z.number().nullable(),
  unit: z.string(),
  description: z.string(),
  maxAge: DurationText.nullable(),
};

/** A number or a flag; `min` and `max` are the allowed range, ends included. */
const RangedFeature = z.strictObject({
  ...described,
  kind: z.enum(["numeric", "boolean"]),
  min: z.number(),
  max: z.number(),
  vocabulary: z.null(),
  unknownCode: z.null(),
  statistics: NumericStatistics,
});
/** A string out of a vocabulary; its code is its position, any other string is `unknownCode`. */
const CategoricalFeature = z.strictObject({
  ...described,
  kind: z.literal("categorical"),
  min: z.null(),
  max: z.null(),
  vocabulary: z.array(z.string().min(1).max(256)).min(1).max(1_000),
  unknownCode: z.literal(-1),
  statistics: CategoricalStatistics,
});

const headText = {
  id: Slug,
  label: z.string(),
  outcome: z.string(),
  horizonDays: z.number().positive(),
  unit: z.string(),
};
const UpliftHead = z.strictObject({ ...headText, kind: z.enum(["value", "cost"]) });
const BaselineHead = z.strictObject({ ...headText, kind: z.literal("baseline"), of: Slug });

const CalibratorEntry = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("identity") }),
  z.strictObject({ kind: z.literal("linear"), intercept: z.number(), slope: z.number().min(0) }),
  z.strictObject({
    kind: z.literal("isotonic"),
    x: z.array(z.number()).min(1).max(1_000),
    y: z.array(z.number()).min(1).max(1_000),
  }),
]);

export const Manifest = z.strictObject({
  schema: z.literal("liftgate.model.v1"),
  name: Slug,
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
  createdAt: Instant,
  description: z.string(),
  expiresAt: Instant.nullable(),
  files: z.record(FilePath, FileEntry),
  graph: z.strictObject({
    file: FilePath,
    input: z.literal("features"),
    opset: z.int(),
    mlOpset: z.int(),
    irVersion: z.int(),
    onnxruntimeMin: z.string(),
    trees: z.int().min(0),
    nodes: z.int().min(0),
    estimatedMicrosPerRow: z.number().min(0),
    treeOnly: z.boolean(),
  }),
  features: z
    .array(z.discriminatedUnion("kind", [RangedFeature, CategoricalFeature]))
    .min(1)
    .max(FEATURES_MAX),
  featureDigest: Digest,
  actions: z.array(Slug).min(1).max(ACTIONS_MAX),
  heads: z
    .array(z.discriminatedUnion("kind", [UpliftHead, BaselineHead]))
    .min(2)
    .max(64),
  replicates: z.int().min(1).max(1_000),
  calibration: z.record(Slug, z.record(Slug, CalibratorEntry)),
  golden: z.strictObject({
    file: FilePath,
    rows: z.int().min(64),
    tolerance: z.strictObject({ absolute: z.number().min(0).max(1e-3), relative: z.number().min(0).max(1e-3) }),
  }),
  learner: z.strictObject({
    family: z.string(),
    base: z.string(),
    parameters: z.record(z.string(), z.json()),
    libraries: z.record(z.string(), z.string()),
  }),
  uncertainty: z.strictObject({ method: z.enum(["bootstrap", "none"]), replicates: z.int().min(1), unit: z.string() }),
  training: z.looseObject({
    data: z.strictObject({ name: z.string(), file: z.string(), sha256: Sha256Hex, rows: z.int().min(1) }),
    assignment: z.looseObject({ kind: z.enum(["randomized", "observational"]) }),
    unit: z.string(),
    postTreatment: z.array(z.string()),
    assumptions: z.array(z.string()),
  }),
  parity: z.strictObject({
    rows: z.int().min(5_000),
    rowsOverTolerance: z.literal(0),
    maxAbsolute: z.record(Slug, z.number().min(0)),
    onnxruntime: z.string(),
  }),
  metrics: z.record(z.string(), z.json()),
});
export type Manifest = z.infer<typeof Manifest>;

const RawValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const GoldenRow = z.strictObject({
  tags: z.array(z.string()),
  raw: z.record(FeatureName, RawValue),
  encoded: z.array(z.number().nullable()),
  outputs: z.record(Slug, z.union([z.number(), z.array(z.array(z.number()))])),
  bestAction: Slug,
  nearTie: z.boolean(),
});

/** Input rows with the training library's own outputs: what the loader must reproduce. */
export const Golden = z.strictObject({
  schema: z.literal("liftgate.golden.v1"),
  rows: z.array(GoldenRow).min(64).max(1_024),
});
export type Golden = z.infer<typeof Golden>;
