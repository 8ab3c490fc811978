import type { DecideAnswer } from "../../contract/decide.ts";
import { timeOfId } from "../../core/domain/decision-id.ts";
import type { OutcomeBook } from "./outcome-book.ts";

/**
 * A decision that is in the log, and was told to nobody because another one stands: it is void, and what is held for it
 * returns. One that was told before is not withdrawn.
 */
export async function withdrawDecision(
  outcomes: Pick<OutcomeBook, "take">,
  { decisionId, sticky }: DecideAnswer,
): Promise<void> {
  if (sticky === true) return;
  const occurredAt = new Date(timeOfId(decisionId)).toISOString();
  await outcomes.take([{ outcomeId: `withdrawn:${decisionId}`, decisionId, type: "void", occurredAt }]);
}
