/** `POST /v1/allocate`: a budget over many users, and how good the answer is. */
import { z } from "zod";
import { Id, Slug } from "./identifiers.ts";
import { ALLOCATE_CANDIDATES_MAX, ALLOCATE_USERS_MAX, ALLOCATION_ACTIONS_MAX, CANDIDATE_AMOUNT_MAX } from "./limits.ts";
import { Money as Amount } from "./program-form.ts";
import { FeatureValues, Money } from "./values.ts";

const Offers = z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe("At most so many offers");

const Caps = z
  .strictObject({
    actions: z.record(Slug, Offers).optional(),
    channels: z.record(Slug, Offers).optional(),
  })
  .describe("Largest numbers of offers, by action and by channel");

const Estimate = z.number().min(-CANDIDATE_AMOUNT_MAX).max(CANDIDATE_AMOUNT_MAX);
const PaidAction = Slug.refine((action) => action !== "no_offer", "no_offer is always a candidate");

const Candidate = z.strictObject({
  userId: Id,
  action: PaidAction,
  value: Estimate.describe("What the offer is worth against none; counted to the millionth"),
  cost: Estimate.describe("What it costs against none; below 0 is charged as 0"),
});

const UserToAllocate = z.union([
  Id,
  z.strictObject({ userId: Id, clusterId: Id.optional(), features: FeatureValues.optional() }),
]);

const Budget = Amount.describe("What all offers together may cost, at most");

const CandidatesRequest = z.strictObject({
  budget: Budget,
  candidates: z.array(Candidate).max(ALLOCATE_CANDIDATES_MAX),
  objective: z.enum(["value", "profit"]).optional().describe("value (unless given): Σ value; profit: Σ value − cost"),
  caps: Caps.optional(),
  channels: z
    .record(Slug, z.array(Slug).max(ALLOCATION_ACTIONS_MAX))
    .optional()
    .describe("The actions of each channel, where channels have caps"),
});
export type CandidatesRequest = z.infer<typeof CandidatesRequest>;

const ProgramUsersRequest = z.strictObject({
  budget: Budget,
  programId: Id.describe("Its model scores the users; its rules, guardrails and objective hold"),
  users: z.array(UserToAllocate).max(ALLOCATE_USERS_MAX),
  caps: Caps.optional(),
});
export type ProgramUsersRequest = z.infer<typeof ProgramUsersRequest>;

export const AllocateRequest = z.union([ProgramUsersRequest, CandidatesRequest]).meta({
  id: "AllocateRequest",
  examples: [
    { programId: "hillstrom-email", budget: 5000, users: ["u1", "u2"] },
    {
      budget: 10,
      candidates: [
        { userId: "u1", action: "a", value: 2, cost: 1 },
        { userId: "u2", action: "a", value: 1, cost: 1 },
      ],
      caps: { actions: { a: 100 }, channels: { email: 500 } },
      channels: { email: ["a"] },
    },
  ],
});
export type AllocateRequest = z.infer<typeof AllocateRequest>;

/** By action and by channel, for those with a cap. */
const PerCap = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({ actions: z.record(Slug, value), channels: z.record(Slug, value) });

/** What was made of a budget: on the wire, and in the command line's report. */
export const AllocationSummary = z.strictObject({
  value: Money.describe("What the offers are worth to the objective"),
  spend: Money.describe("What they cost, exactly"),
  offers: z.int(),
  lambda: z.number().min(0).describe("Shadow price of the budget: value per money at the margin"),
  mu: PerCap(Money).describe("Shadow price of every cap: value per offer at the margin"),
  dualBound: Money.describe("No allocation within these limits is worth more"),
  gap: z.number().min(0).max(1).describe("(dualBound − value)/dualBound"),
  slack: z
    .strictObject({ budget: Money.min(0), ...PerCap(z.int().min(0)).shape })
    .describe("What every limit has left"),
  curve: z
    .array(z.strictObject({ budget: Money, value: Money, spend: Money, lambda: z.number().min(0) }))
    .describe("What other budgets would be worth, by the linear relaxation"),
});
export type AllocationSummary = z.infer<typeof AllocationSummary>;

export const AllocateAnswer = z
  .strictObject({
    assignments: z
      .array(z.strictObject({ userId: Id, action: Slug }))
      .describe("Who is offered what; users who are not in it get no offer"),
    ...AllocationSummary.shape,
    outside: z
      .strictObject({ holdout: z.int().min(0), evaluation: z.int().min(0) })
      .optional()
      .describe("Users of the program's other arms, who were given no offer here"),
  })
  .meta({
    id: "AllocateAnswer",
    examples: [
      {
        assignments: [
          { userId: "u1", action: "a" },
          { userId: "u2", action: "a" },
        ],
        value: 3,
        spend: 2,
        offers: 2,
        lambda: 0,
        mu: { actions: { a: 0 }, channels: { email: 0 } },
        dualBound: 3,
        gap: 0,
        slack: { budget: 8, actions: { a: 98 }, channels: { email: 498 } },
        curve: [
          { budget: 1, value: 2, spend: 1, lambda: 1 },
          { budget: 2, value: 3, spend: 2, lambda: 0 },
        ],
      },
    ],
  });
export type AllocateAnswer = z.infer<typeof AllocateAnswer>;
