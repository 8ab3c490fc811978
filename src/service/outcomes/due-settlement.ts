import type { KnownDecision } from "../../core/domain/known-decision.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import { type DueSettlement, settlementOf } from "../../core/outcomes/settlement.ts";
import type { OutcomeIndex } from "./outcome-index.ts";

/** What the outcome owes, the same whenever it is asked; null where it moves no money. */
export function dueSettlement(
  outcome: OutcomeRecord,
  decision: KnownDecision,
  index: Pick<OutcomeIndex, "redeems">,
): DueSettlement | null {
  const redemption = outcome.type === "redemption" ? index.redeems(outcome) : "another";
  return settlementOf(outcome, decision, redemption);
}
