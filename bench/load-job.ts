/** What the load generator is told and what it answers, over the channel between the two processes. */
import { z } from "zod";

export const LoadJob = z.object({
  url: z.string(),
  programId: z.string(),
  connections: z.int(),
  seconds: z.number(),
  /** Users are `customer-1` to this. */
  users: z.int(),
  /** Part of every requestId, so that no request repeats one of another job. */
  label: z.string(),
});
export type LoadJob = z.infer<typeof LoadJob>;

/** NaN when nothing was answered. */
const Figure = z.union([z.number(), z.nan()]);

export const LoadResult = z.object({
  /** Answers of any kind. */
  answers: z.int(),
  /** Answers with another status than 200, broken connections, timeouts. */
  failed: z.int(),
  /** Answers with 200 but without `"status":"normal"`: decided without the features or the model. */
  degraded: z.int(),
  /** What came when something first went wrong; empty when nothing did. */
  firstTrouble: z.string(),
  /** Answers within `elapsedMs`: all but the first of each connection. */
  timed: z.int(),
  /** From the first timed answer to the last. */
  elapsedMs: z.number(),
  p50Ms: Figure,
  p99Ms: Figure,
  /** Share of the time the generator itself was busy: near 1, it and not the server is what was measured. */
  generatorBusy: Figure,
});
export type LoadResult = z.infer<typeof LoadResult>;
