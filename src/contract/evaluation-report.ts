/** `report.json`: what was evaluated on which log, and what came of it. Promotion reads it. */
import { z } from "zod";
import type { Evaluation } from "../core/evaluation/evaluation.ts";
import { EvaluationBody } from "./evaluation.ts";
import { EVALUATION_REPORT_EXAMPLE } from "./evaluation-report-example.ts";
import { Currency, Digest, Instant, Slug } from "./identifiers.ts";

/** A program, its models and the price of money they decide at: what is compared. */
export interface ComparedPolicy {
  readonly program: { readonly id: string; readonly version: number; readonly digest: string };
  readonly models: readonly { readonly name: string; readonly version: string; readonly digest: string }[];
  /** null: as logged, decision by decision. */
  readonly lambda: number | null;
}

export interface EvaluatedLog {
  /** The first and the last decision's time. */
  readonly from: string;
  readonly until: string;
  readonly decisions: number;
  readonly units: number;
  /** Records that the evaluation does not stand on, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** How long after a decision what happens is put down to it. */
  readonly windowMs: number;
  readonly exposures: "reported" | "assumed";
  /** The logged probability that weights divide by: over all arms, or given the arm. */
  readonly propensity: "marginal" | "in-arm";
}

export interface EvaluationReport extends Evaluation {
  readonly schema: "liftgate.evaluation.v1";
  readonly createdAt: string;
  readonly currency: string;
  readonly candidate: ComparedPolicy;
  readonly incumbent: ComparedPolicy;
  readonly log: EvaluatedLog;
  /** What these numbers cannot say, a sentence each. */
  readonly limits: readonly string[];
}

const Compared = z.strictObject({
  program: z.strictObject({ id: Slug, version: z.int().min(1), digest: Digest }),
  models: z.array(z.strictObject({ name: Slug, version: z.string(), digest: Digest })),
  lambda: z.number().min(0).nullable(),
});

const Log = z.strictObject({
  from: Instant,
  until: Instant,
  decisions: z.int().min(0),
  units: z.int().min(0),
  leftOut: z.record(z.string(), z.int().min(0)),
  windowMs: z.int().min(1),
  exposures: z.enum(["reported", "assumed"]),
  propensity: z.enum(["marginal", "in-arm"]),
});

export const EvaluationReport = z
  .strictObject({
    schema: z.literal("liftgate.evaluation.v1"),
    createdAt: Instant,
    currency: Currency,
    candidate: Compared,
    incumbent: Compared,
    log: Log,
    limits: z.array(z.string()),
    ...EvaluationBody.shape,
  })
  .meta({ id: "EvaluationReport", examples: [EVALUATION_REPORT_EXAMPLE] }) satisfies z.ZodType<EvaluationReport>;
