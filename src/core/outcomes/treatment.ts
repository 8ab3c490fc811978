/** What an exposure says of the treatment: did the user get what was decided? */
import type { KnownDecision } from "../domain/known-decision.ts";
import type { OutcomeRecord } from "../domain/outcome.ts";
import { NO_OFFER } from "../domain/program.ts";

/**
 * - `as_decided`: the user got the decision's action
 * - `contaminated`: a user who was to get nothing got an offer all the same
 * - `other`: the user got another offer, or none, in its place
 */
export const TREATMENTS = ["as_decided", "contaminated", "other"] as const;
export type Treatment = (typeof TREATMENTS)[number];

/** Null for what is no exposure. */
export function treatmentOf({ type, action }: OutcomeRecord, decision: KnownDecision): Treatment | null {
  if (type !== "exposure") return null;
  if (action === null || action === decision.action) return "as_decided";
  return decision.action === NO_OFFER ? "contaminated" : "other";
}
