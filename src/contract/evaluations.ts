/** Evaluations that the service runs beside its decisions: what is asked for, how far it is, and what came of it. */
import { z } from "zod";
import { ERROR_CODES } from "../core/errors.ts";
import { VERDICTS } from "../core/evaluation/evaluation.ts";
import { EVALUATION_REPORT_EXAMPLE } from "./evaluation-report-example.ts";
import { EvaluationReport } from "./evaluation-report.ts";
import { Digest, DurationText, Instant, Slug } from "./identifiers.ts";
import { EVALUATION_NAMES_MAX, PROGRAM_FILE_BYTES_MAX } from "./limits.ts";
import { Name, Probability } from "./values.ts";

const ProgramFileText = z.string().min(1).max(PROGRAM_FILE_BYTES_MAX);
const Names = z.array(Name).min(1).max(EVALUATION_NAMES_MAX);

const REQUEST_EXAMPLE = {
  programId: "hillstrom-email",
  candidate: "program: hillstrom-email\nversion: 2\n# … the whole file\n",
  from: "2026-11-01T00:00:00Z",
  window: "14d",
};

/** What is left out is as `liftgate evaluate` has it. */
export const EvaluationRequest = z
  .strictObject({
    programId: Slug.describe("Whose decisions the candidate is judged on"),
    candidate: ProgramFileText.describe("The program file to judge, in YAML"),
    incumbent: ProgramFileText.optional().describe("That to compare it with; unless given, what decided the log"),
    lambda: z.number().min(0).optional().describe("Judge it at this price of money, whatever it spends there"),
    spend: z
      .enum(["equal", "any"])
      .optional()
      .describe("equal: compared where it spends as much as the incumbent, or not at all. any: compared as it is"),
    from: Instant.optional().describe("Decisions from this instant on"),
    until: Instant.optional().describe("Decisions before this instant"),
    window: DurationText.optional().describe("How long after a decision outcomes are put down to it"),
    exposures: z.enum(["reported", "assumed"]).optional(),
    propensity: z.enum(["marginal", "in-arm"]).optional(),
    slices: Names.optional().describe("Facts, or names of the context, to split results by"),
    protected: Names.optional().describe("Attributes that policies are to treat fairly"),
    level: z.number().gt(0).lt(1).optional().describe("Of intervals"),
    floor: Probability.optional().describe("A smaller logged probability supports nothing"),
    tolerance: z.number().min(0).optional().describe("The loss per decision of a slice that is accepted"),
    minSlice: z.int().min(0).optional().describe("Slices of fewer decisions are counted, not judged"),
  })
  .refine(({ lambda, spend }) => lambda === undefined || spend !== "equal", {
    path: ["lambda"],
    error: "not with spend equal: the spend follows from λ, or λ from it",
  })
  .refine(({ from, until }) => from === undefined || until === undefined || Date.parse(from) < Date.parse(until), {
    path: ["from"],
    error: "must be before until",
  })
  .meta({ id: "EvaluationRequest", examples: [REQUEST_EXAMPLE] });
export type EvaluationRequest = z.infer<typeof EvaluationRequest>;

/** The program files that are compared; without the second, the candidate is compared with what decided the log. */
export type EvaluationPrograms = Pick<EvaluationRequest, "candidate" | "incumbent">;

const ENTRY_EXAMPLE = {
  evaluationId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
  programId: "hillstrom-email",
  candidate: EVALUATION_REPORT_EXAMPLE.candidate.program,
  askedBy: "ana",
  status: "done" as const,
  progress: 1,
  askedAt: "2026-12-01T06:00:01.020Z",
  startedAt: "2026-12-01T06:00:01.044Z",
  endedAt: "2026-12-01T06:00:12.502Z",
  verdict: EVALUATION_REPORT_EXAMPLE.verdict.decision,
  failure: null,
};

const entry = {
  evaluationId: z.uuid(),
  programId: Slug,
  candidate: z.strictObject({ id: Slug, version: z.int().min(1), digest: Digest }),
  askedBy: z.string().describe("Id of the API key that asked"),
  status: z.enum(["queued", "running", "done", "failed"]),
  progress: Probability.describe("The share of the log that is read; estimating comes after that"),
  askedAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  verdict: z.enum(VERDICTS).nullable().describe("Of the report; null without one"),
  failure: z
    .strictObject({ code: z.enum(ERROR_CODES), detail: z.string() })
    .nullable()
    .describe("Why there is no report"),
};

export const EvaluationEntry = z.strictObject(entry).meta({ id: "EvaluationEntry", examples: [ENTRY_EXAMPLE] });
export type EvaluationEntry = Readonly<z.infer<typeof EvaluationEntry>>;

export const EvaluationList = z
  .strictObject({ evaluations: z.array(EvaluationEntry).describe("The latest first") })
  .meta({ id: "EvaluationList", examples: [{ evaluations: [ENTRY_EXAMPLE] }] });

export const EvaluationAnswer = z
  .strictObject({ ...entry, report: EvaluationReport.nullable().describe("Once it is done") })
  .meta({ id: "EvaluationAnswer", examples: [{ ...ENTRY_EXAMPLE, report: EVALUATION_REPORT_EXAMPLE }] });

/** What the process of an evaluation tells whoever started it. */
export const EvaluationTold = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("read"), share: Probability }),
  z.strictObject({ kind: z.literal("reported"), verdict: z.enum(VERDICTS) }),
  z.strictObject({ kind: z.literal("failed"), code: z.enum(ERROR_CODES), detail: z.string() }),
]);
export type EvaluationTold = Readonly<z.infer<typeof EvaluationTold>>;
