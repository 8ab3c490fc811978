/** What replicas write on the pacing board for each other: checked when it is read, as anybody may have written it. */
import { z } from "zod";
import type { ProgramCosts } from "../core/pacing/learn-costs.ts";
import type { EpochPrices } from "../core/pacing/pacer.ts";

const Amount = z.number().min(0);
const ResourcePrice = z.object({ base: Amount, trim: z.number(), rho: Amount.nullable(), used: Amount });

/** The prices of an epoch, as the first to close the one before it found them. */
export const PricesDocument = z.object({
  epoch: z.int().min(0),
  share: z.number().min(0).max(1),
  arrivals: Amount,
  budget: ResourcePrice.extend({ floor: Amount }),
  volumes: z.record(z.string(), ResourcePrice),
}) satisfies z.ZodType<EpochPrices>;

/** What a period began with: the demand that the one before it knew, and arrivals by hour of the week. */
export const OpeningDocument = z.object({
  /** Since when arrivals are counted; later than the period began for a budget that began in it. */
  openedAtMs: Amount,
  sums: z.record(z.string(), z.number()),
  history: z.object({ arrivals: z.array(Amount).readonly(), hours: z.array(Amount).readonly() }).nullable(),
});
export type OpeningDocument = z.infer<typeof OpeningDocument>;

const CostCalibration = z.object({
  bias: z.number().positive(),
  timing: z.object({ agesMs: z.array(Amount).readonly(), shares: z.array(Amount).readonly() }),
});

const ActionCosts = CostCalibration.extend({
  offers: Amount,
  redemptions: Amount,
  predictedMicros: Amount,
  realizedMicros: Amount,
});

/** What offers of a pool's programs really cost, as the first replica of a day found it. */
export const CostsDocument = z.object({
  /** Days since 1970, UTC. */
  day: z.int().min(0),
  /** By id: those of which something was redeemed. */
  programs: z.record(
    z.string(),
    z.object({
      overall: CostCalibration,
      byAction: z.record(z.string(), ActionCosts),
    }) satisfies z.ZodType<ProgramCosts>,
  ),
});
export type CostsDocument = z.infer<typeof CostsDocument>;
