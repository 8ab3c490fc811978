/** `POST /v1/decide`: the question and the answer. */
import { z } from "zod";
import { ARMS, EXCLUSIONS, PRUNINGS, STATUSES } from "../core/domain/decision.ts";
import { MODES } from "../core/domain/program.ts";
import { OVERRIDES } from "../core/domain/record.ts";
import { Id, Instant, Slug } from "./identifiers.ts";
import { ACTIONS_MAX } from "./limits.ts";
import { Context, FeatureValues, Money, Probability } from "./values.ts";

export const DecideRequest = z
  .strictObject({
    programId: Id.describe("The program to decide under"),
    userId: Id.describe("The subject of the decision"),
    requestId: Id.optional().describe("Makes a retry safe: the same id and body give the same answer"),
    clusterId: Id.optional().describe("The randomization unit of programs that randomize by cluster"),
    context: Context.optional(),
    actions: z.array(Slug).min(1).max(ACTIONS_MAX).optional().describe("Only these candidates; no_offer is always one"),
    features: FeatureValues.optional().describe("Values of features whose contract says `source: request`"),
    explain: z.boolean().optional().describe("Adds what became of every action"),
  })
  .meta({
    id: "DecideRequest",
    examples: [
      {
        programId: "hillstrom-email",
        userId: "u42",
        requestId: "order-123",
        context: { surface: "checkout", platform: "ios" },
        explain: true,
      },
    ],
  });
export type DecideRequest = z.infer<typeof DecideRequest>;

export const ExplainedAction = z.strictObject({
  action: Slug,
  value: Money.optional(),
  valueStd: z.number().min(0).optional(),
  cost: Money.optional(),
  net: Money.optional(),
  efficiency: z.number().optional().describe("Value per incremental cost; absent for a free lunch"),
  excluded: z.enum(EXCLUSIONS).optional(),
  pruned: z.enum(PRUNINGS).optional(),
  probability: Probability,
});
export type ExplainedAction = z.infer<typeof ExplainedAction>;

export const DecideAnswer = z
  .strictObject({
    decisionId: z.uuid(),
    requestId: Id,
    programId: Id,
    userId: Id,
    action: Slug,
    propensity: Probability.describe("Exact marginal probability of the action drawn, for this user in this situation"),
    override: z
      .enum(OVERRIDES)
      .optional()
      .describe("Only when the action drawn could not be given after all: `action` is then no_offer"),
    drawn: Slug.optional().describe("With `override`: the action drawn"),
    arm: z.enum(ARMS),
    sticky: z.boolean().optional().describe("True: the decision this user got before, in the same window"),
    mode: z.enum(MODES),
    status: z.enum(STATUSES),
    expected: z
      .strictObject({ value: Money.nullable(), cost: Money.nullable(), net: Money.nullable(), currency: z.string() })
      .describe("Of the chosen action; null where it was not scored, net null where it was pruned"),
    program: z.strictObject({ version: z.int() }),
    model: z.strictObject({ name: z.string(), version: z.string() }).nullable(),
    expiresAt: Instant,
    explanation: z.array(ExplainedAction).optional(),
  })
  .meta({
    id: "DecideAnswer",
    examples: [
      {
        decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
        requestId: "order-123",
        programId: "hillstrom-email",
        userId: "u42",
        action: "mens_email",
        propensity: 0.9378666667,
        arm: "policy",
        mode: "live",
        status: "normal",
        expected: { value: 0.41, cost: 0.12, net: 0.29, currency: "USD" },
        program: { version: 1 },
        model: { name: "hillstrom-email", version: "1" },
        expiresAt: "2026-11-22T20:00:00.000Z",
        explanation: [
          { action: "no_offer", value: 0, cost: 0, net: 0, probability: 0.0554666667 },
          {
            action: "mens_email",
            value: 0.41,
            valueStd: 0.11,
            cost: 0.12,
            net: 0.29,
            efficiency: 3.42,
            probability: 0.9378666667,
          },
          {
            action: "womens_email",
            value: -0.02,
            valueStd: 0.09,
            cost: 0.11,
            pruned: "no_value",
            probability: 0.0066666667,
          },
        ],
      },
    ],
  });
export type DecideAnswer = z.infer<typeof DecideAnswer>;
