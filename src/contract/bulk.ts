/** Bodies that carry up to 1,000 items: batch decisions, scores, features. */
import { z } from "zod";
import { STATUSES } from "../core/domain/decision.ts";
import { DecideAnswer, DecideRequest } from "./decide.ts";
import { Id, Instant, Slug } from "./identifiers.ts";
import { BULK_ITEMS_MAX } from "./limits.ts";
import { Problem } from "./problem.ts";
import { FeatureValues, Money } from "./values.ts";

export const BatchRequest = z.strictObject({ requests: z.array(DecideRequest).min(1).max(BULK_ITEMS_MAX) }).meta({
  id: "BatchRequest",
  examples: [
    {
      requests: [
        { programId: "hillstrom-email", userId: "u42" },
        { programId: "hillstrom-email", userId: "u43" },
      ],
    },
  ],
});

export const BatchAnswer = z
  .strictObject({
    results: z.array(
      z.strictObject({ status: z.int(), decision: DecideAnswer.optional(), problem: Problem.optional() }),
    ),
  })
  .meta({
    id: "BatchAnswer",
    examples: [
      {
        results: [
          {
            status: 404,
            problem: {
              type: "about:blank",
              title: "No program with this id is loaded",
              status: 404,
              code: "unknown_program",
            },
          },
        ],
      },
    ],
  });

const ScoredUser = z.union([
  z.strictObject({ userId: Id, features: FeatureValues.optional() }),
  z.strictObject({ features: FeatureValues }),
]);
export const ScoreRequest = z
  .strictObject({ programId: Id, users: z.array(ScoredUser).min(1).max(BULK_ITEMS_MAX) })
  .meta({
    id: "ScoreRequest",
    examples: [
      {
        programId: "hillstrom-email",
        users: [{ userId: "u42" }, { features: { recency: 6, history: 329.08, mens: 1 } }],
      },
    ],
  });
export type ScoreRequest = z.infer<typeof ScoreRequest>;

const PairScore = z.strictObject({
  action: Slug,
  value: Money.nullable(),
  valueStd: z.number().nullable().optional(),
  cost: Money.nullable(),
  net: Money.nullable(),
  efficiency: z.number().nullable().optional(),
});
export const ScoreAnswer = z
  .strictObject({
    results: z.array(
      z.strictObject({
        userId: Id.optional(),
        status: z.enum(STATUSES),
        model: z.strictObject({ name: z.string(), version: z.string() }).nullable(),
        missing: z.array(z.string()),
        scores: z.array(PairScore),
      }),
    ),
  })
  .meta({
    id: "ScoreAnswer",
    examples: [
      {
        results: [
          {
            userId: "u42",
            status: "normal",
            model: { name: "hillstrom-email", version: "1" },
            missing: [],
            scores: [
              { action: "no_offer", value: 0, cost: 0, net: 0 },
              { action: "mens_email", value: 0.41, valueStd: 0.11, cost: 0.12, net: 0.29, efficiency: 3.42 },
            ],
          },
        ],
      },
    ],
  });
export type ScoreAnswer = z.infer<typeof ScoreAnswer>;

const SomeFeatures = FeatureValues.refine(
  (values) => Object.keys(values).length > 0,
  "at least one feature: null ones count",
);

export const FeaturesRequest = z
  .strictObject({
    users: z
      .array(z.strictObject({ userId: Id, observedAt: Instant.optional(), features: SomeFeatures }))
      .min(1)
      .max(BULK_ITEMS_MAX),
  })
  .meta({
    id: "FeaturesRequest",
    examples: [
      {
        users: [
          {
            userId: "u42",
            observedAt: "2026-11-21T19:58:00Z",
            features: { recency: 6, history: 329.08, channel: "Web" },
          },
        ],
      },
    ],
  });
export type FeaturesRequest = z.infer<typeof FeaturesRequest>;

export const FeaturesAnswer = z
  .strictObject({ written: z.int() })
  .meta({ id: "FeaturesAnswer", examples: [{ written: 1 }] });
