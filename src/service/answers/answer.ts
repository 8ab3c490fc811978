import type { DecideAnswer, DecideRequest, ExplainedAction } from "../../contract/decide.ts";
import { efficiencyOf } from "../../core/decision/price.ts";
import { dueCost } from "../../core/domain/due-cost.ts";
import type { DecisionRecord, RecordedCandidate } from "../../core/domain/record.ts";
import { invariant } from "../../core/errors.ts";

/** Of a question, what is in its answer and not in the record. */
export interface Asker {
  readonly userId: string;
  readonly style: "plain" | "explained";
}

/** What the caller is told of a logged decision: the same whenever it is asked. */
export function answerOf(record: DecisionRecord, { userId, style }: Asker): DecideAnswer {
  const chosen = record.candidates.find((candidate) => candidate.action === record.realizedAction);
  invariant(chosen !== undefined, "the chosen action is one of the candidates");
  return {
    decisionId: record.decisionId,
    requestId: record.requestId,
    programId: record.program.id,
    userId,
    action: record.realizedAction,
    ...(record.override !== null && { override: record.override, drawn: record.action }),
    propensity: record.propensity,
    arm: record.arm,
    mode: record.mode,
    status: record.status,
    expected: { value: chosen.value, cost: chosen.cost, net: chosen.net, currency: record.currency },
    program: { version: record.program.version },
    model: record.model === null ? null : { name: record.model.name, version: record.model.version },
    expiresAt: record.expiresAt,
    ...(style === "explained" && { explanation: explain(record) }),
  };
}

export function askerOf({ userId, explain: wanted }: Pick<DecideRequest, "userId" | "explain">): Asker {
  return { userId, style: wanted === true ? "explained" : "plain" };
}

/** What became of every action. */
export function explain({ candidates, pacing }: DecisionRecord): ExplainedAction[] {
  return candidates.map((candidate, i) => explainOne(candidate, dueCost(candidate.cost ?? NaN, pacing, i)));
}

/** A number that does not exist is left out. */
function explainOne(candidate: RecordedCandidate, due: number): ExplainedAction {
  const { action, value, valueStd, cost, net, excluded, pruned, p } = candidate;
  const efficiency = value === null ? NaN : efficiencyOf(value, due);
  return {
    action,
    ...(value !== null && { value }),
    ...(valueStd !== null && { valueStd }),
    ...(cost !== null && { cost }),
    ...(net !== null && { net }),
    ...(Number.isFinite(efficiency) && { efficiency }),
    ...(excluded !== null && { excluded }),
    ...(pruned !== null && { pruned }),
    probability: p,
  };
}
