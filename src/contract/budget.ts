/** `/v1/budgets/{programId}`: the money of a program's pool in its present period. */
import { z } from "zod";
import { RESERVES } from "../core/domain/funding.ts";
import { Instant, Slug } from "./identifiers.ts";
import { Money } from "./values.ts";

const BUDGET_STATES = ["paying", "recovering", "unreachable", "between_periods"] as const;

const EXAMPLE = {
  programId: "hillstrom-email",
  pool: "hillstrom-email",
  currency: "USD",
  state: "paying",
  period: { id: "2026-11@UTC", start: "2026-11-01T00:00:00.000Z", end: "2026-12-01T00:00:00.000Z" },
  reserve: "expected",
  amount: 5_000,
  settled: 1_900.25,
  pending: 2_105.5,
  leased: 25,
  available: 969.25,
  overrun: 0,
  utilisation: 0.80115,
  planned: 3_990,
  forecast: 4_998.7,
  prices: { epoch: 357_984_000, lambda: 0.31, rho: 0.004, mu: {} },
  arrivals: { seen: 301_200, expected: 385_000 },
  volumes: [{ volume: "action:mens_email", limit: 20_000, used: 9_120, available: 10_780 }],
  exploration: { limit: 150, used: 61.5, available: 88.25 },
  costs: {
    day: "2026-11-21",
    actions: [
      {
        program: "hillstrom-email",
        action: "mens_email",
        bias: 1.24,
        offers: 9_120,
        redemptions: 1_430,
        predicted: 1_094.4,
        realized: 1_347.5,
      },
    ],
  },
  holders: ["0b5e6f52-6f1c-4d5b-9c1f-2f6f5a1f0c11/7"],
  awaited: [],
} as const;

/** Of the last 60 days. */
const ActionCosts = z.strictObject({
  program: Slug,
  action: Slug,
  bias: z
    .number()
    .positive()
    .describe("What an offer costs in all, of what was predicted; offers are priced at it, within 0.25 and 4"),
  offers: z.number().min(0),
  redemptions: z.number().min(0),
  predicted: Money.describe("What the offers were expected to cost, as the model said"),
  realized: Money.describe("What they cost so far"),
});

export const BudgetAnswer = z
  .strictObject({
    programId: Slug,
    pool: Slug.describe("The program that declares the pool"),
    currency: z.string(),
    state: z
      .enum(BUDGET_STATES)
      .describe(
        "recovering: the ledger may have lost something, and nothing is paid until every replica has told what it spent",
      ),
    period: z.strictObject({ id: z.string(), start: Instant, end: Instant }).nullable(),
    reserve: z.enum(RESERVES),
    amount: Money,
    settled: Money.describe("Known to be spent"),
    pending: Money.describe("Held for offers whose outcome is open"),
    leased: Money.describe("Held by replicas for the decisions to come"),
    available: Money.describe("amount − settled − pending − leased; below 0 after a reduction below what was used"),
    overrun: Money.describe("Owed beyond what was held: somebody must look"),
    utilisation: z.number().min(0).describe("(settled + pending) / amount"),
    planned: Money.describe("What would be spent by now at the pace of the plan"),
    forecast: Money.describe("What will be spent by the end of the period at the present pace, at most the amount"),
    prices: z.strictObject({
      epoch: z.int().min(0),
      lambda: z.number().min(0).describe("Shadow price: value per money below which the budget has better uses"),
      rho: Money.nullable().describe("Money per arrival that the budget can afford"),
      mu: z.record(z.string(), z.number()).describe("Value per offer of every volume that is limited"),
    }),
    arrivals: z.strictObject({
      seen: z.number().min(0),
      expected: z.number().min(0).nullable().describe("Of the whole period; null while nothing is known"),
    }),
    volumes: z.array(
      z.strictObject({
        volume: z.string(),
        limit: z.number().min(0),
        used: z.number().min(0),
        available: z.number(),
      }),
    ),
    exploration: z
      .strictObject({ limit: Money, used: Money, available: Money })
      .nullable()
      .describe("What the program may spend on exploration in the period; null where it sets no money aside for it"),
    costs: z
      .strictObject({
        day: z.iso.date().describe("When it was learned, UTC: once a day"),
        actions: z.array(ActionCosts),
      })
      .nullable()
      .describe("What offers really cost, of all programs that draw on the pool; null while nothing is known"),
    holders: z
      .array(z.string())
      .describe("The open leases, by replica and its life, those of replicas that are gone among them"),
    awaited: z.array(z.string()).describe("While recovering: the leases whose replicas have not told yet"),
  })
  .meta({ id: "BudgetAnswer", examples: [EXAMPLE] });
export type BudgetAnswer = z.infer<typeof BudgetAnswer>;

/** A lease as `holders` and `awaited` name it. */
const Lease = z.string().regex(/^[A-Za-z0-9_.:@+=-]{1,128}\/[1-9][0-9]{0,14}$/, "<replica>/<life>, as in holders");

export const WriteOffRequest = z
  .strictObject({ lease: Lease })
  .meta({ id: "WriteOffRequest", examples: [{ lease: EXAMPLE.holders[0] }] });

export const WriteOffAnswer = z
  .strictObject({ returned: Money.describe("What the lease held; 0 if there was no such lease") })
  .meta({ id: "WriteOffAnswer", examples: [{ returned: 25 }] });
