import type { DecideAnswer, ExplainedAction } from "../contract/decide.ts";
import { efficiencyOf } from "../core/decision/price.ts";
import { dueCost } from "../core/domain/due-cost.ts";
import type { DecisionRecord, RecordedCandidate } from "../core/domain/record.ts";
import { invariant } from "../core/errors.ts";
import type { AdmittedRequest } from "./admit.ts";

/** What the caller is told of a decision logged at `timeMs`, the record's time. */
export function answerOf(
  record: DecisionRecord,
  request: AdmittedRequest,
  { timeMs, style }: { readonly timeMs: number; readonly style: "plain" | "explained" },
): DecideAnswer {
  const { program } = request;
  const chosen = record.candidates.find((candidate) => candidate.action === record.realizedAction);
  invariant(chosen !== undefined, "the chosen action is one of the candidates");
  return {
    decisionId: record.decisionId,
    requestId: record.requestId,
    programId: program.id,
    userId: request.userId,
    action: record.realizedAction,
    ...(record.override !== null && { override: record.override, drawn: record.action }),
    propensity: record.propensity,
    arm: record.arm,
    mode: record.mode,
    status: record.status,
    expected: { value: chosen.value, cost: chosen.cost, net: chosen.net, currency: program.currency },
    program: { version: program.version },
    model: record.model === null ? null : { name: record.model.name, version: record.model.version },
    expiresAt: new Date(timeMs + program.offerTtlMs).toISOString(),
    ...(style === "explained" && { explanation: explain(record) }),
  };
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
