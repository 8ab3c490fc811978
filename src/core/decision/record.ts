/** A decision as one record, and a record as the situation it was made in. */
import type { Decision, Replicates, Scores, Situation } from "../domain/decision.ts";
import { type Action, NO_OFFER, type Program } from "../domain/program.ts";
import { type DecisionRecord, RECORD_SCHEMA, type RecordedCandidate, type RecordedFeatures } from "../domain/record.ts";

/** What the shell knows of a decision beyond its situation: who, when, by which model. */
export interface Circumstances {
  readonly decisionId: string;
  readonly requestId: string;
  readonly question: DecisionRecord["question"];
  readonly window: number | null;
  readonly time: string;
  readonly expiresAt: string;
  readonly status: DecisionRecord["status"];
  readonly user: string;
  readonly unit: string;
  readonly model: DecisionRecord["model"];
  readonly features: RecordedFeatures | null;
  readonly override: DecisionRecord["override"];
  readonly reservation: DecisionRecord["reservation"];
  readonly active: DecisionRecord["active"];
  readonly latencyMs: number;
}

export function recordOf(situation: Situation, decision: Decision, about: Circumstances): DecisionRecord {
  const { program, facts, draws } = situation;
  const action = (program.actions[decision.chosen] as Action).id;
  const surface = facts.context["surface"];
  return {
    schema: RECORD_SCHEMA,
    decisionId: about.decisionId,
    requestId: about.requestId,
    question: about.question,
    window: about.window,
    time: about.time,
    expiresAt: about.expiresAt,
    currency: program.currency,
    program: { id: program.id, version: program.version, digest: program.digest },
    mode: situation.mode,
    incumbent: null,
    status: about.status,
    user: about.user,
    unit: about.unit,
    surface: surface === undefined ? null : String(surface),
    model: about.model,
    features: about.features,
    facts: facts.features,
    context: facts.context,
    requested: situation.requested,
    withheld: situation.withheld,
    closed: situation.closed,
    availableMicros: situation.availableMicros,
    explorationMicros: situation.explorationMicros,
    exploring: decision.exploring,
    basis: situation.basis,
    candidates: program.actions.map((_, i) => candidateOf(situation, decision, i)),
    arm: draws.arm,
    armShare: decision.armShare,
    u: draws.action,
    action,
    propensity: decision.marginal[decision.chosen] as number,
    realizedAction: about.override === null ? action : NO_OFFER,
    override: about.override,
    pacing: situation.pacing,
    reservation: about.reservation,
    active: about.active,
    latencyMs: about.latencyMs,
  };
}

/** The record of a shadow's decision, made along with the incumbent's. */
export function shadowRecordOf(record: DecisionRecord, incumbent: DecisionRecord): DecisionRecord {
  const { decisionId, realizedAction } = incumbent;
  return { ...record, incumbent: decisionId, realizedAction };
}

/** The situation a record was made in. The program must be the one of the record's digest. */
export function situationOf(record: DecisionRecord, program: Program): Situation {
  return {
    program,
    mode: record.mode,
    facts: { features: record.facts, context: record.context },
    requested: record.requested,
    withheld: record.withheld,
    closed: record.closed,
    availableMicros: record.availableMicros,
    explorationMicros: record.explorationMicros,
    basis: record.basis,
    scores: scoresOf(record),
    pacing: record.pacing,
    draws: { arm: record.arm, action: record.u },
  };
}

function candidateOf({ program, scores }: Situation, decision: Decision, i: number): RecordedCandidate {
  const candidate = {
    action: (program.actions[i] as Action).id,
    value: finiteOrNull(scores.value[i] as number),
    valueStd: finiteOrNull(scores.valueStd[i] as number),
    cost: finiteOrNull(scores.cost[i] as number),
    net: finiteOrNull(decision.net[i] as number),
    excluded: decision.excluded[i] ?? null,
    pruned: decision.pruned[i] ?? null,
    inArm: decision.inArm[i] as number,
    p: decision.marginal[i] as number,
  };
  const { replicates } = scores;
  if (replicates === null || i === 0) return candidate;
  const value = (replicates.value[i] as readonly number[]).map(finiteOrNull);
  const cost = (replicates.cost[i] as readonly number[]).map(finiteOrNull);
  return { ...candidate, replicates: { value, cost } };
}

function scoresOf({ candidates }: DecisionRecord): Scores {
  return {
    value: candidates.map((candidate) => candidate.value ?? NaN),
    valueStd: candidates.map((candidate) => candidate.valueStd ?? NaN),
    cost: candidates.map((candidate) => candidate.cost ?? NaN),
    replicates: replicatesOf(candidates),
  };
}

function replicatesOf(candidates: readonly RecordedCandidate[]): Replicates | null {
  if (candidates.every(({ replicates }) => replicates === undefined)) return null;
  return {
    value: candidates.map(({ replicates }) => (replicates?.value ?? []).map(orNaN)),
    cost: candidates.map(({ replicates }) => (replicates?.cost ?? []).map(orNaN)),
  };
}

function orNaN(x: number | null): number {
  return x ?? NaN;
}

/** JSON has no NaN, no Infinity and no −0; `+ 0` turns −0 into 0 so that the record reads back as written. */
function finiteOrNull(x: number): number | null {
  return Number.isFinite(x) ? x + 0 : null;
}
