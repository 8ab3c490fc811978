/** The fields of a program file, each with its form, its bounds and its default. */
import { z } from "zod";
import { MODES } from "../core/domain/program.ts";
import { BudgetForm } from "./budget-form.ts";
import { CAPS_MAX, CapForm, CooldownForm } from "./caps-form.ts";
import { Currency, DurationText, Id, Slug } from "./identifiers.ts";
import { ACTIONS_MAX } from "./limits.ts";
import { ExactMoney, PositiveMoney } from "./money.ts";

/** Routes are tried in turn on every request. */
const ROUTES_MAX = 16;
/** Value heads are summed over all replicates on every request. */
const VALUE_HEADS_MAX = 16;
/** A rule is one condition, not a program; longer ones are an accident. */
const RULE_LENGTH_MAX = 2_048;
/** Shown in lists and logs. */
const DESCRIPTION_LENGTH_MAX = 500;
/** γ beyond this is greedy to the last bit that matters (1e-9 of the draws at a gap of one unit). */
const GAMMA_MAX = 1e9;

/** A tenth of what is explored keeps no_offer, which weighs nothing, and every doubtful action in sight. */
const EVEN_SHARE = 0.1;
const STRATEGIES = "greedy, epsilon, skewed, softmax, inverse-gap, thompson";

const Share = z.number().min(0).max(1);
const RuleText = z.string().min(1).max(RULE_LENGTH_MAX).describe("CEL over `features` and `context`, true or false");
const ModelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}@[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, "name@version, such as hillstrom-email@1");

const ActionEntry = z.strictObject({
  id: Slug,
  channel: Slug.optional(),
  fixedCost: ExactMoney.describe("Paid whatever the user does, such as the fee of sending").optional(),
  maxCost: ExactMoney.describe("The most it may be expected to cost, fixed cost included; absent: no limit").optional(),
  prior: z
    .strictObject({ value: ExactMoney, cost: ExactMoney })
    .describe("Value and cost for users nothing is known about; the fixed cost is added")
    .optional(),
});

const RouteEntry = z.strictObject({ when: RuleText.optional(), model: ModelName });

const ObjectiveEntry = z.strictObject({
  maximize: z.enum(["profit", "value"]),
  value: z
    .array(
      z.strictObject({
        head: Slug,
        valuePerUnit: PositiveMoney,
        discount: z.number().positive().max(1).default(1),
      }),
    )
    .min(1)
    .max(VALUE_HEADS_MAX),
  cost: Slug,
});

const GuardrailsEntry = z.strictObject({
  minConfidence: z
    .number()
    .min(0.5)
    .lt(1)
    .default(0.5)
    .describe("Confidence that the value is above 0; 0.5 asks for none"),
  maxCostPerValue: z.number().positive().optional(),
  minEfficiency: z.number().min(0).default(0),
});

const ArmEntry = z.strictObject({ share: Share, salt: Id });
const EvaluationEntry = ArmEntry.extend({
  table: z
    .record(Slug, Share)
    .describe("Weight of every action, renormalised over those that are feasible; absent: all the same")
    .optional(),
});

const explored = {
  floor: Share.default(0).describe("Least probability of every live action"),
  salt: Id.default("draw"),
  budgetShare: Share.describe("The most of the budget's amount that a period may spend on exploration").optional(),
};
const ExplorationEntry = z.discriminatedUnion(
  "strategy",
  [
    z.strictObject({ strategy: z.literal("greedy"), ...explored }),
    z.strictObject({ strategy: z.literal("epsilon"), epsilon: Share, ...explored }),
    z.strictObject({
      strategy: z.literal("skewed"),
      epsilon: Share,
      evenShare: Share.default(EVEN_SHARE).describe("The part of epsilon that is spread evenly over the live actions"),
      costUnit: PositiveMoney.default(1).describe("The cost at which value weighs half of what it would for nothing"),
      ...explored,
    }),
    z.strictObject({
      strategy: z.literal("softmax"),
      temperature: PositiveMoney.describe("The money of net at which an action is e times less likely than the best"),
      ...explored,
    }),
    z.strictObject({
      strategy: z.literal("inverse-gap"),
      gamma: z.number().min(0).max(GAMMA_MAX),
      gapUnit: PositiveMoney.default(1),
      ...explored,
    }),
    z.strictObject({ strategy: z.literal("thompson"), ...explored }),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? `one of ${STRATEGIES}` : undefined) },
);

const FeaturesEntry = z.strictObject({
  maxAge: DurationText,
  coldStart: z.enum(["no_offer", "prior", "explore"]),
});

const StickinessEntry = z.discriminatedUnion(
  "by",
  [
    z.strictObject({ by: z.literal("request") }).describe("Every request is drawn afresh"),
    z
      .strictObject({ by: z.literal("user"), window: DurationText })
      .describe(
        "What a user was told holds for a window: windows follow each other, each user's begin at another time",
      ),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? "one of request, user" : undefined) },
);

/** Every field by itself; what must hold between fields is in program-laws.ts. */
export const ProgramForm = z.strictObject({
  program: Slug,
  version: z.int().min(1),
  description: z.string().max(DESCRIPTION_LENGTH_MAX).default(""),
  state: z.enum(MODES),
  shadows: Slug.describe("Of a shadow: the program whose decisions it is made along with").optional(),
  randomizationUnit: z.enum(["user", "cluster"]),
  currency: Currency,
  actions: z.array(ActionEntry).min(2).max(ACTIONS_MAX),
  models: z.array(RouteEntry).min(1).max(ROUTES_MAX),
  objective: ObjectiveEntry,
  eligibility: RuleText.optional(),
  guardrails: GuardrailsEntry.prefault({}),
  holdout: ArmEntry.optional(),
  evaluation: EvaluationEntry.optional(),
  exploration: ExplorationEntry,
  stickiness: StickinessEntry.default({ by: "request" }),
  features: FeaturesEntry,
  offerTtl: DurationText.default("24h"),
  budget: BudgetForm.optional(),
  caps: z.array(CapForm).max(CAPS_MAX).default([]),
  cooldowns: z.array(CooldownForm).max(CAPS_MAX).default([]),
});
export type ProgramForm = z.infer<typeof ProgramForm>;
