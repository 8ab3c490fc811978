/** The JSON Schema side of the decision record: what every line of the decision log must satisfy. */
import { z } from "zod";
import { ARMS, BASES, EXCLUSIONS, EXPLORING, PRUNINGS, STATUSES } from "../core/domain/decision.ts";
import { MODES } from "../core/domain/program.ts";
import { type DecisionRecord, OVERRIDES } from "../core/domain/record.ts";
import { ExplainedAction } from "./decide.ts";
import { EXPLANATION_EXAMPLE, RECORD_EXAMPLE } from "./record-example.ts";
import { Currency, Digest, Id, Instant, Slug } from "./identifiers.ts";

const Probability = z.number().min(0).max(1);
const Reference = { name: Slug, version: z.string(), digest: Digest };

const Replicates = z.strictObject({ value: z.array(z.number().nullable()), cost: z.array(z.number().nullable()) });

const Candidate = z.strictObject({
  action: Slug,
  value: z.number().nullable(),
  valueStd: z.number().min(0).nullable(),
  cost: z.number().nullable(),
  net: z.number().nullable(),
  excluded: z.enum(EXCLUSIONS).nullable(),
  pruned: z.enum(PRUNINGS).nullable(),
  inArm: Probability,
  p: Probability,
  replicates: Replicates.exactOptional(),
});

const Micros = z.int().min(0);
const Fingerprint = z.string().regex(/^[0-9a-f]{32}$/, "32 lower-case hexadecimal digits");

const Reservation = z.strictObject({
  id: z.uuid(),
  account: z.string(),
  lease: z.string(),
  amountMicros: Micros,
  fixedMicros: Micros,
  exploration: z.strictObject({ volume: z.string(), amountMicros: Micros }).nullable(),
  volumes: z.array(z.string()),
  expiresAt: Instant,
});

const Features = z.strictObject({
  contract: Digest,
  values: z.array(z.number().nullable()),
  observedAt: Instant.nullable(),
  missing: z.array(z.string()),
  stale: z.boolean(),
});

export const Record = z
  .strictObject({
    schema: z.literal("liftgate.decision.v1"),
    decisionId: z.uuid(),
    requestId: Id,
    question: z.strictObject({ caller: z.string(), fingerprint: Fingerprint }).nullable(),
    window: z.int().min(0).nullable(),
    time: Instant,
    expiresAt: Instant,
    currency: Currency,
    program: z.strictObject({ id: Slug, version: z.int().min(1), digest: Digest }),
    mode: z.enum(MODES),
    incumbent: z.uuid().nullable(),
    status: z.enum(STATUSES),
    user: Id,
    unit: Id,
    surface: z.string().nullable(),
    model: z.strictObject(Reference).nullable(),
    features: Features.nullable(),
    facts: z.record(z.string(), z.union([z.number(), z.string()])),
    context: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    requested: z.array(Slug).nullable(),
    withheld: z.enum(EXCLUSIONS).nullable(),
    closed: z.array(z.enum(EXCLUSIONS).nullable()).nullable(),
    availableMicros: Micros.nullable(),
    explorationMicros: Micros.nullable(),
    exploring: z.enum(EXPLORING).nullable(),
    basis: z.enum(BASES),
    candidates: z.array(Candidate).min(1),
    arm: z.enum(ARMS),
    armShare: Probability,
    u: z.number().min(0).lt(1),
    action: Slug,
    propensity: z.number().gt(0).max(1),
    realizedAction: Slug,
    override: z.enum(OVERRIDES).nullable(),
    pacing: z.strictObject({
      epoch: z.int().min(0),
      lambda: z.number().min(0),
      mu: z.record(z.string(), z.number()),
      rho: z.number().nullable(),
      inPeriod: z.array(z.number().min(0)).nullable(),
    }),
    reservation: Reservation.nullable(),
    active: z.array(z.strictObject({ program: Slug, action: Slug, since: Instant })),
    latencyMs: z.number().min(0),
  })
  .meta({ id: "DecisionRecord", examples: [RECORD_EXAMPLE] }) satisfies z.ZodType<DecisionRecord>;

/** `GET /v1/decisions/{decisionId}`: the record, and every candidate's fate in words. */
export const RecordAnswer = z
  .strictObject({
    record: Record,
    explanation: z.array(ExplainedAction.extend({ chosen: z.boolean(), because: z.string() })),
  })
  .meta({ id: "RecordAnswer", examples: [{ record: RECORD_EXAMPLE, explanation: EXPLANATION_EXAMPLE }] });
