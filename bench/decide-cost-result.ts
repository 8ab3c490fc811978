/** What the process that measures `decide()` is told and answers. */
import { z } from "zod";

/** Beside `no_offer`. */
export const PAID_ACTIONS = [2, 50] as const;

const Spread = z.object({ median: z.number(), min: z.number(), max: z.number() });

export const DecideCost = z.object({
  cases: z.array(
    z.object({
      paidActions: z.int(),
      /** Of one call. */
      micros: Spread,
      /** Allocated by one call; median over rounds. */
      bytes: z.number(),
    }),
  ),
  /** Time with the most actions by time with the fewest, round by round. */
  ratio: Spread,
  rounds: z.int(),
  callsPerRound: z.int(),
});
export type DecideCost = z.infer<typeof DecideCost>;
