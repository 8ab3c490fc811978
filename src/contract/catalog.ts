/** What is loaded: programs and models, and what a reload made of the files on disk. */
import { z } from "zod";
import { MODES } from "../core/domain/program.ts";
import { Digest, Instant, Slug } from "./identifiers.ts";
import { Manifest } from "./manifest.ts";

const Fault = z.strictObject({ path: z.string(), rule: z.string() });

const PROGRAM_EXAMPLE = {
  id: "hillstrom-email",
  version: 1,
  digest: `sha256:${"0".repeat(64)}`,
  state: "live",
  canary: null,
  shadows: null,
  description: "Win-back e-mail, mens or womens merchandise, or none",
  currency: "USD",
  randomizationUnit: "user",
  actions: [
    { id: "no_offer", channel: null, fixedCost: 0, maxCost: null },
    { id: "mens_email", channel: "email", fixedCost: 0.01, maxCost: 2 },
  ],
  models: ["hillstrom-email@1"],
  missingModels: [],
  exploration: "inverse-gap",
  shares: { holdout: 0.02, evaluation: 0.02, policy: 0.96 },
} as const;

export const ProgramEntry = z
  .strictObject({
    id: Slug,
    version: z.int(),
    digest: Digest,
    state: z.enum(MODES),
    canary: z
      .strictObject({ version: z.int(), digest: Digest, share: z.number().gt(0).lt(1) })
      .nullable()
      .describe("The version that decides for a share of its units; null: none does"),
    shadows: Slug.nullable().describe("The incumbent of a shadow; null for any other program"),
    description: z.string(),
    currency: z.string(),
    randomizationUnit: z.enum(["user", "cluster"]),
    actions: z.array(
      z.strictObject({
        id: Slug,
        channel: z.string().nullable(),
        fixedCost: z.number(),
        maxCost: z.number().nullable().describe("null: not limited"),
      }),
    ),
    models: z.array(z.string()).describe("name@version, in routing order"),
    missingModels: z.array(z.string()).describe("Models it routes to that are not loaded: decisions are safe_default"),
    exploration: z.string(),
    shares: z.strictObject({ holdout: z.number(), evaluation: z.number(), policy: z.number() }),
  })
  .meta({ id: "ProgramEntry", examples: [PROGRAM_EXAMPLE] });
export type ProgramEntry = z.infer<typeof ProgramEntry>;

export const ProgramList = z
  .strictObject({ programs: z.array(ProgramEntry) })
  .meta({ id: "ProgramList", examples: [{ programs: [PROGRAM_EXAMPLE] }] });

const MODEL_EXAMPLE = {
  name: "hillstrom-email",
  version: "1",
  digest: `sha256:${"0".repeat(64)}`,
  state: "serving",
  faults: [],
  createdAt: "2026-11-21T00:00:00Z",
  expiresAt: null,
  actions: ["mens_email", "womens_email"],
  heads: [{ id: "visit", kind: "value", label: "Visits", outcome: "visit", horizonDays: 14, unit: "visit" }],
  replicates: 10,
  featureDigest: `sha256:${"0".repeat(64)}`,
  features: [
    {
      index: 0,
      name: "recency",
      kind: "numeric",
      source: "store",
      nullable: true,
      onMissing: "nan",
      default: null,
      unit: "month",
      description: "Months since the last purchase",
      maxAge: null,
      min: 0,
      max: 120,
      vocabulary: null,
      unknownCode: null,
      statistics: {
        count: 38_399,
        nullRate: 0,
        mean: 5.768,
        std: 3.51,
        min: 1,
        max: 12,
        quantiles: [1, 1, 2, 3, 4, 5, 7, 9, 10, 10, 12],
        psiBins: [3, 7],
        psiExpected: [0.256, 0.285, 0.459],
      },
    },
  ],
  metrics: { actions: { mens_email: { "visit.qini": { estimate: 0.013, low: -0.011, high: 0.036 } } } },
} as const;

export const ModelEntry = z
  .strictObject({
    name: Slug,
    version: z.string(),
    digest: Digest.nullable(),
    state: z
      .enum(["serving", "kept", "refused"])
      .describe("kept: the folder is refused, the version loaded before serves"),
    faults: z.array(Fault),
    createdAt: Instant.nullable(),
    expiresAt: Instant.nullable(),
    actions: z.array(Slug),
    heads: z.array(Manifest.shape.heads.element),
    replicates: z.int().nullable(),
    featureDigest: Digest.nullable(),
    features: z.array(Manifest.shape.features.element).describe("The whole feature contract, in row order"),
    metrics: z.record(z.string(), z.unknown()).describe("Held-out figures from the model card"),
  })
  .meta({ id: "ModelEntry", examples: [MODEL_EXAMPLE] });
export type ModelEntry = z.infer<typeof ModelEntry>;

export const ModelList = z
  .strictObject({ models: z.array(ModelEntry) })
  .meta({ id: "ModelList", examples: [{ models: [MODEL_EXAMPLE] }] });

const ReloadOutcome = z.strictObject({ id: z.string(), outcome: z.string(), faults: z.array(Fault) });
export type ReloadOutcome = z.infer<typeof ReloadOutcome>;

export const ReloadAnswer = z.strictObject({ models: z.array(ReloadOutcome), programs: z.array(ReloadOutcome) }).meta({
  id: "ReloadAnswer",
  examples: [
    {
      models: [{ id: "hillstrom-email/1", outcome: "unchanged", faults: [] }],
      programs: [{ id: "hillstrom-email", outcome: "loaded", faults: [] }],
    },
  ],
});
export type ReloadAnswer = z.infer<typeof ReloadAnswer>;
