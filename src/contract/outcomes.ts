/** `POST /v1/outcomes`: what happened after decisions. */
import { z } from "zod";
import { OUTCOME_TYPES } from "../core/domain/outcome.ts";
import { ERROR_CODES } from "../core/errors.ts";
import { Id, Instant, Slug } from "./identifiers.ts";
import { BULK_ITEMS_MAX, OUTCOME_AMOUNT_MAX } from "./limits.ts";
import { ExactMoney } from "./money.ts";

const Outcome = z
  .strictObject({
    outcomeId: Id.describe("Makes a retry safe: an outcome counts once"),
    decisionId: z.uuid().describe("The decisionId of the answer"),
    type: z.enum(OUTCOME_TYPES).describe("See README: what each type means"),
    head: Slug.optional().describe("The value head that `value` observes; absent: `value` is money"),
    value: z
      .number()
      .min(-OUTCOME_AMOUNT_MAX)
      .max(OUTCOME_AMOUNT_MAX)
      .optional()
      .describe("What happened was worth so much; below 0 takes back, such as a returned order"),
    cost: ExactMoney.optional().describe("Of a redemption: what the offer cost"),
    action: Slug.optional().describe("Of an exposure: the action that the user really got; absent: the decided one"),
    occurredAt: Instant,
  })
  .superRefine(checkFields);

/** Which fields an outcome has is a matter of its type. */
function checkFields(outcome: OutcomeItem, context: z.RefinementCtx): void {
  const { type, value, cost, head, action } = outcome;
  const say = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  const isValued = type === "conversion" || type === "reward";
  if (isValued && value === undefined) say("value", `is required of a ${type}`);
  if (!isValued && type !== "redemption" && value !== undefined) say("value", `a ${type} has none`);
  if (type === "redemption" && cost === undefined) say("cost", "is required of a redemption; it may be 0");
  if (type !== "redemption" && cost !== undefined) say("cost", "only a redemption has one");
  if (head !== undefined && value === undefined) say("head", "says what `value` is, and there is none");
  if (type !== "exposure" && action !== undefined) say("action", "only an exposure has one");
}

interface OutcomeItem {
  readonly type: (typeof OUTCOME_TYPES)[number];
  readonly value?: number | undefined;
  readonly cost?: number | undefined;
  readonly head?: string | undefined;
  readonly action?: string | undefined;
}

export const OutcomesRequest = z.strictObject({ outcomes: z.array(Outcome).min(1).max(BULK_ITEMS_MAX) }).meta({
  id: "OutcomesRequest",
  examples: [
    {
      outcomes: [
        {
          outcomeId: "o1",
          decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
          type: "redemption",
          value: 29.99,
          cost: 0.5,
          occurredAt: "2026-11-21T21:00:00Z",
        },
      ],
    },
  ],
});
export type OutcomesRequest = z.infer<typeof OutcomesRequest>;
export type OutcomeRequest = OutcomesRequest["outcomes"][number];

/**
 * - `accepted`: new, and in the log
 * - `duplicate`: the same outcome came before
 * - `unknown`: new and in the log, but its decision is not known here; it counts as soon as it is
 * - `refused`: not in the log; `code` says why
 */
export const OUTCOME_RESULTS = ["accepted", "duplicate", "unknown", "refused"] as const;
export type OutcomeResult = (typeof OUTCOME_RESULTS)[number];

export const OutcomesAnswer = z
  .strictObject({
    accepted: z.int().min(0),
    duplicates: z.int().min(0),
    unknown: z.int().min(0).describe("In the log; counted as soon as their decision is known"),
    refused: z.int().min(0),
    results: z
      .array(
        z.strictObject({
          outcomeId: Id,
          result: z.enum(OUTCOME_RESULTS),
          code: z.enum(ERROR_CODES).optional().describe("Why it was refused"),
        }),
      )
      .describe("In the order of the outcomes"),
  })
  .meta({
    id: "OutcomesAnswer",
    examples: [
      { accepted: 1, duplicates: 0, unknown: 0, refused: 0, results: [{ outcomeId: "o1", result: "accepted" }] },
    ],
  });
export type OutcomesAnswer = z.infer<typeof OutcomesAnswer>;
