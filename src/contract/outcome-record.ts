/** The JSON Schema side of the outcome record: what every line of the outcome log must satisfy. */
import { z } from "zod";
import { OUTCOME_SCHEMA, OUTCOME_TYPES, type OutcomeRecord } from "../core/domain/outcome.ts";
import { Id, Instant, Slug } from "./identifiers.ts";

export const OutcomeLine = z
  .strictObject({
    schema: z.literal(OUTCOME_SCHEMA),
    outcomeId: Id,
    decisionId: z.uuid(),
    type: z.enum(OUTCOME_TYPES),
    head: Slug.nullable(),
    value: z.number().nullable(),
    cost: z.number().min(0).nullable(),
    action: Slug.nullable(),
    occurredAt: Instant,
    receivedAt: Instant,
  })
  .meta({
    id: "OutcomeRecord",
    examples: [
      {
        schema: OUTCOME_SCHEMA,
        outcomeId: "o1",
        decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
        type: "redemption",
        head: null,
        value: 29.99,
        cost: 0.5,
        action: null,
        occurredAt: "2026-11-21T21:00:00Z",
        receivedAt: "2026-11-21T21:00:04.012Z",
      },
    ],
  }) satisfies z.ZodType<OutcomeRecord>;
