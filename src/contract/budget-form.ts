/** The `budget` of a program file: a pool of its own, or a share in another program's. */
import { z } from "zod";
import { RESERVES } from "../core/domain/funding.ts";
import { SPANS } from "../core/domain/period.ts";
import { DurationText, Instant, Slug } from "./identifiers.ts";
import { ExactMoney } from "./money.ts";

/** Volumes are counted in doubles that must stay whole, with room to add them up. */
const OFFERS_MAX = 1e12;
/** Each volume limit has a price of its own, found together with all others. */
const VOLUMES_MAX = 32;
const TIME_ZONE_LENGTH_MAX = 64;

export const TimeZone = z
  .string()
  .min(1)
  .max(TIME_ZONE_LENGTH_MAX)
  .describe("IANA time zone whose clocks are meant, such as Europe/Berlin");

const PeriodEntry = z
  .strictObject({
    every: z.enum(SPANS).optional(),
    timezone: TimeZone.optional(),
    from: Instant.optional(),
    until: Instant.describe("Not included").optional(),
  })
  .describe("`every` and `timezone`: one calendar period after the other; `from` and `until`: one period");

const VolumeEntry = z
  .strictObject({
    action: Slug.optional(),
    channel: Slug.optional(),
    max: z.int().min(0).max(OFFERS_MAX),
  })
  .describe("At most so many offers of an action, or in a channel, in a period");

export const BudgetForm = z.strictObject({
  amount: ExactMoney.describe("Money of each period; with it the program declares a pool of its own").optional(),
  pool: Slug.describe("The program whose pool this one draws on, instead of an amount").optional(),
  period: PeriodEntry.optional(),
  reserve: z
    .enum(RESERVES)
    .describe(
      "Held for an offer until its cost is known: `max` its maxCost, so that spend can never exceed the budget; `expected` its expected cost, right on average",
    ),
  epoch: DurationText.describe("How long prices stay as they are").default("5s"),
  settleWithin: DurationText.describe("How long after an offer expired its cost may still be told").default("1h"),
  volumes: z.array(VolumeEntry).max(VOLUMES_MAX).default([]),
});
export type BudgetForm = z.infer<typeof BudgetForm>;
