/** Of a logged decision, what its outcomes ask for. */
import type { Arm } from "./decision.ts";
import type { DecisionRecord } from "./record.ts";

export interface KnownDecision {
  readonly decisionId: string;
  readonly program: string;
  readonly arm: Arm;
  /** What the user was told. */
  readonly action: string;
  /** Predicted cost of that action, c; null where it was not scored. */
  readonly cost: number | null;
  readonly reservation: Held | null;
}

/** What is held for the decision's offer. */
export interface Held {
  /** Budget and period, as the record has them. */
  readonly account: string;
  readonly fixedMicros: number;
}

export function knownFrom(record: DecisionRecord): KnownDecision {
  const { decisionId, program, arm, realizedAction, reservation, candidates } = record;
  return {
    decisionId,
    program: program.id,
    arm,
    action: realizedAction,
    cost: candidates.find(({ action }) => action === realizedAction)?.cost ?? null,
    reservation: reservation && { account: reservation.account, fixedMicros: reservation.fixedMicros },
  };
}
