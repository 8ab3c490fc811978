/** What an outcome does to the money that is held for its decision. */
import type { AccountId, Settlement } from "../domain/budget.ts";
import type { KnownDecision } from "../domain/known-decision.ts";
import { wholeMicros } from "../domain/money.ts";
import type { OutcomeRecord } from "../domain/outcome.ts";

export interface DueSettlement {
  readonly account: AccountId;
  readonly settlement: Settlement;
}

/**
 * Null where no money is held, or the outcome moves none. A redemption owes what it cost, and the decision's first one
 * the fixed part as well, which is owed once.
 */
export function settlementOf(
  outcome: OutcomeRecord,
  decision: KnownDecision,
  redemption: "first" | "another",
): DueSettlement | null {
  const { reservation } = decision;
  if (reservation === null) return null;
  const { outcomeId: eventId, decisionId: reservationId } = outcome;
  const account = accountIn(reservation.account);
  switch (outcome.type) {
    case "redemption": {
      const fixed = redemption === "first" ? reservation.fixedMicros : 0;
      const amount = fixed + wholeMicros(outcome.cost ?? 0);
      return { account, settlement: { kind: "settle", eventId, reservationId, amount } };
    }
    case "void":
      return { account, settlement: { kind: "void", eventId, reservationId } };
    case "exposure":
    case "conversion":
    case "reward":
      return null;
    default:
      return outcome.type satisfies never;
  }
}

/** `<budget>/<period>`; a period's time zone may have slashes, a budget's name has none. */
function accountIn(text: string): AccountId {
  const slash = text.indexOf("/");
  return { budget: text.slice(0, slash), period: text.slice(slash + 1) };
}
