/** `audit.ndjson`: who made which program live when, and on what grounds; one line a change. */
import { z } from "zod";
import { Digest, Instant, Slug } from "./identifiers.ts";

const Version = z.strictObject({ version: z.int().min(1), digest: Digest });

export const AuditEntry = z.strictObject({
  schema: z.literal("liftgate.audit.v1"),
  time: Instant,
  /** As the caller names itself, or the id of its API key. */
  by: z.string().min(1).max(128),
  act: z.enum(["promote", "set_canary", "roll_back", "remove_canary"]),
  program: Slug,
  /** null: there was none. */
  from: Version.nullable(),
  to: Version,
  /** Of units, in (0, 1]: of a canary, or 1. */
  share: z.number().gt(0).max(1),
  /** The SHA-256 of the report that it stands on; null: none. */
  report: Digest.nullable(),
  /** What was wrong with it, and was overruled. */
  overruled: z.array(z.string()).readonly(),
  reason: z.string().max(500).nullable(),
  /** The SHA-256 of the line before: a line that was changed or taken out shows. null: the first. */
  previous: Digest.nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
