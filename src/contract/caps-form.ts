/** The `caps` and `cooldowns` of a program file: how often one user, or one cluster, may be offered something. */
import { z } from "zod";
import { CAP_MAX } from "../core/domain/offer.ts";
import { SPANS } from "../core/domain/period.ts";
import { TimeZone } from "./budget-form.ts";
import { DurationText, Slug } from "./identifiers.ts";

/** Every cap is asked on every request. */
export const CAPS_MAX = 16;

const counted = {
  scope: z.enum(["user", "cluster"]).describe("Whose offers are counted: the user's, or all of the cluster's"),
  across: z
    .enum(["program", "all"])
    .default("program")
    .describe("Offers of this program, or of every program on this service"),
  channel: Slug.describe("Only offers in this channel; absent: in any").optional(),
  action: Slug.describe("Only offers of this action; absent: of any").optional(),
};

const Window = z
  .union([DurationText, z.strictObject({ every: z.enum(SPANS), timezone: TimeZone })], {
    error: "a duration such as 30d, for the time before each decision, or { every: day, timezone: Europe/Berlin }",
  })
  .describe("A duration: the time before each decision. `every` and `timezone`: the calendar's period");

export const CapForm = z.strictObject({ ...counted, max: z.int().min(1).max(CAP_MAX), per: Window });
export type CapForm = z.infer<typeof CapForm>;

export const CooldownForm = z.strictObject({
  ...counted,
  for: DurationText.describe("At least so long from one such offer to the next"),
});
export type CooldownForm = z.infer<typeof CooldownForm>;
