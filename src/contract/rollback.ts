/** Rolling a program back: why, and what became live instead of what. */
import { z } from "zod";
import { AuditEntry } from "./audit.ts";

export const RollbackRequest = z
  .strictObject({ reason: z.string().min(1).max(500).describe("For the audit log") })
  .meta({ id: "RollbackRequest", examples: [{ reason: "cost per visit doubled since noon" }] });

const { program, from, to } = AuditEntry.shape;

export const RollbackAnswer = z.strictObject({ program, from, to }).meta({
  id: "RollbackAnswer",
  examples: [
    {
      program: "hillstrom-email",
      from: { version: 2, digest: `sha256:${"1".repeat(64)}` },
      to: { version: 1, digest: `sha256:${"0".repeat(64)}` },
    },
  ],
});
