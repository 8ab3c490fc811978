/**
 * Outcomes: each in the log before it is acknowledged, each counted once, each matched with its decision as soon as
 * that is known, in whatever order they come.
 */
import type { OutcomeRequest, OutcomeResult, OutcomesAnswer } from "../../contract/outcomes.ts";
import type { KnownDecision } from "../../core/domain/known-decision.ts";
import { timeOfId } from "../../core/domain/decision-id.ts";
import { OUTCOME_SCHEMA, type OutcomeRecord } from "../../core/domain/outcome.ts";
import type { ErrorCode } from "../../core/errors.ts";
import { murmur3Hex } from "../../core/numerics/murmur3.ts";
import { type Treatment, treatmentOf } from "../../core/outcomes/treatment.ts";
import type { LineLog } from "../../core/ports.ts";
import type { LogIndex } from "../log-index.ts";
import { dueSettlement } from "./due-settlement.ts";
import type { OutcomeForwarding } from "./outcome-forwarding.ts";
import type { OutcomeIndex } from "./outcome-index.ts";

/** An outcome from further ahead is not true, or its sender's clock is wrong. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** A decision that is not known so long after it was made will not be: it is another replica's, or nobody's. */
const KNOWN_WITHIN_MS = 10 * 60_000;

/** What is counted of outcomes. */
export interface OutcomeMetrics {
  received(type: OutcomeRecord["type"], result: OutcomeResult): void;
  /** An outcome found its decision: at once, or later. */
  matched(outcome: OutcomeRecord, decision: KnownDecision): void;
  treated(program: string, treatment: Treatment): void;
}

export interface OutcomeServices {
  readonly log: LineLog;
  readonly decisions: LogIndex;
  readonly outcomes: OutcomeIndex;
  readonly settler: { wake(): void };
  /** Null: there are no other replicas. */
  readonly forwarding: Pick<OutcomeForwarding, "isElsewhere" | "forward"> | null;
  readonly metrics: OutcomeMetrics;
  readonly nowMs: () => number;
}

interface UnderWay {
  readonly fingerprint: string;
  readonly written: Promise<void>;
}

interface ItemResult {
  readonly outcomeId: string;
  readonly result: OutcomeResult;
  readonly code?: ErrorCode;
}

export class OutcomeBook {
  readonly #services: OutcomeServices;
  /** By outcome: those that are being written. */
  readonly #underWay = new Map<string, UnderWay>();
  /** Decisions that outcomes wait for. */
  readonly #awaited = new Set<string>();

  constructor(services: OutcomeServices) {
    this.#services = services;
  }

  /**
   * @throws LiftgateError `log_unavailable`: then some may be in the log and none is acknowledged; sent again, they
   * count once
   */
  async take(requests: readonly OutcomeRequest[]): Promise<OutcomesAnswer> {
    const receivedAtMs = this.#services.nowMs();
    const results = await Promise.all(requests.map((request) => this.#takeOne(request, receivedAtMs)));
    for (const [i, { result }] of results.entries()) this.#services.metrics.received(typeAt(requests, i), result);
    const count = (result: OutcomeResult): number => results.filter((one) => one.result === result).length;
    return {
      accepted: count("accepted"),
      duplicates: count("duplicate"),
      unknown: count("unknown"),
      refused: count("refused"),
      results,
    };
  }

  /**
   * Outcomes that another replica was sent. What is of no decision of this one's is left out: it is in that replica's
   * log. Throws `log_unavailable`; then they are to be taken again.
   */
  async takeForwarded(outcomes: readonly OutcomeRecord[]): Promise<void> {
    const own = outcomes.filter(({ decisionId }) => this.#services.decisions.decision(decisionId) !== null);
    const results = await Promise.all(own.map((outcome) => this.#takeRecord(outcome)));
    for (const [i, { result }] of results.entries()) this.#services.metrics.received(typeAt(own, i), result);
  }

  /** A decision is known from now on: outcomes that wait for it count. */
  decided(decisionId: string): void {
    if (this.#awaited.size === 0 || !this.#awaited.delete(decisionId)) return;
    // On a disk that refuses the index they stay in quarantine, and are matched at the next start.
    this.#match(decisionId).catch(() => undefined);
  }

  /** An outcome as it is found in the log: what a crash kept from being done for it is done now. */
  recall(outcome: OutcomeRecord): void {
    if (this.#services.outcomes.fingerprintOf(outcome.outcomeId) === null) this.#note(outcome, fingerprintOf(outcome));
  }

  /** Matches what waits with the decisions that are known by now. */
  async matchAll(): Promise<void> {
    const { decisions, outcomes, nowMs } = this.#services;
    for await (const { decisionId, outcomes: waiting } of outcomes.unknown()) {
      const decision = decisions.decision(decisionId);
      if (decision !== null) {
        for (const outcome of waiting) if (outcomes.take(outcome)) this.#count(outcome, decision);
      } else if (timeOfId(decisionId) > nowMs() - KNOWN_WITHIN_MS) this.#awaited.add(decisionId);
    }
  }

  async #takeOne(request: OutcomeRequest, receivedAtMs: number): Promise<ItemResult> {
    const { outcomeId } = request;
    if (Date.parse(request.occurredAt) > receivedAtMs + CLOCK_SKEW_MS) return refused(outcomeId, "outcome_in_future");
    return await this.#takeRecord(recordOf(request, receivedAtMs));
  }

  /** From looking whether it is known to having it under way nothing gives way to another call. */
  async #takeRecord(outcome: OutcomeRecord): Promise<ItemResult> {
    const { outcomeId } = outcome;
    const fingerprint = fingerprintOf(outcome);
    const underWay = this.#underWay.get(outcomeId);
    const known = underWay?.fingerprint ?? this.#services.outcomes.fingerprintOf(outcomeId);
    if (known === null) return { outcomeId, result: await this.#write(outcome, fingerprint) };
    if (known !== fingerprint) return refused(outcomeId, "outcome_conflict");
    await underWay?.written;
    return { outcomeId, result: "duplicate" };
  }

  async #write(outcome: OutcomeRecord, fingerprint: string): Promise<"accepted" | "unknown"> {
    const written = this.#services.log.append(JSON.stringify(outcome));
    this.#underWay.set(outcome.outcomeId, { fingerprint, written });
    try {
      await written;
      return this.#note(outcome, fingerprint);
    } finally {
      this.#underWay.delete(outcome.outcomeId);
    }
  }

  #note(outcome: OutcomeRecord, fingerprint: string): "accepted" | "unknown" {
    const { decisions, outcomes } = this.#services;
    outcomes.add(outcome.outcomeId, { fingerprint, receivedAtMs: Date.parse(outcome.receivedAt) });
    const decision = decisions.decision(outcome.decisionId);
    if (decision === null) {
      const { forwarding } = this.#services;
      if (forwarding?.isElsewhere(outcome.decisionId) === true) {
        forwarding.forward(outcome);
        return "accepted";
      }
      outcomes.quarantine(outcome);
      if (timeOfId(outcome.decisionId) > this.#services.nowMs() - KNOWN_WITHIN_MS)
        this.#awaited.add(outcome.decisionId);
      return "unknown";
    }
    this.#count(outcome, decision);
    return "accepted";
  }

  async #match(decisionId: string): Promise<void> {
    const decision = this.#services.decisions.decision(decisionId);
    if (decision === null) return;
    for (const outcome of await this.#services.outcomes.release(decisionId)) this.#count(outcome, decision);
  }

  /** What is known of the decision, and its outcome, together. */
  #count(outcome: OutcomeRecord, decision: KnownDecision): void {
    const { outcomes, settler, metrics, nowMs } = this.#services;
    metrics.matched(outcome, decision);
    const treatment = treatmentOf(outcome, decision);
    if (treatment !== null) metrics.treated(decision.program, treatment);
    const due = dueSettlement(outcome, decision, outcomes);
    if (due === null) return;
    outcomes.wait(due, { sinceMs: nowMs(), atMs: nowMs() });
    settler.wake();
  }
}

function typeAt(requests: readonly Pick<OutcomeRecord, "type">[], i: number): OutcomeRecord["type"] {
  return requests[i]?.type ?? "exposure";
}

function refused(outcomeId: string, code: ErrorCode): ItemResult {
  return { outcomeId, result: "refused", code };
}

function recordOf(request: OutcomeRequest, receivedAtMs: number): OutcomeRecord {
  return {
    schema: OUTCOME_SCHEMA,
    outcomeId: request.outcomeId,
    decisionId: request.decisionId.toLowerCase(),
    type: request.type,
    head: request.head ?? null,
    value: request.value ?? null,
    cost: request.cost ?? null,
    action: request.action ?? null,
    occurredAt: request.occurredAt,
    receivedAt: new Date(receivedAtMs).toISOString(),
  };
}

/** All but when it came. */
function fingerprintOf({ decisionId, type, head, value, cost, action, occurredAt }: OutcomeRecord): string {
  return murmur3Hex([decisionId, type, head, value, cost, action, Date.parse(occurredAt)].join("|"));
}
