/** What is found of retried ids in the logs of all replicas, and of their money in the ledger. */
import type { AccountView } from "../../src/core/domain/budget.ts";
import type { OutcomeRecord } from "../../src/core/domain/outcome.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { linesOf } from "./promised-outcomes.ts";
import type { Span } from "./replica.ts";
import { type AskedId, toldIn } from "./retried-ids.ts";

export interface RetriesFound {
  readonly ids: number;
  /** More than one body was told. */
  readonly differing: number;
  /** Neither answered nor refused for another body. */
  readonly refused: number;
  /** Another body under the id was not refused. */
  readonly mismatchesTaken: number;
  /** More than one record that is not void, or none. */
  readonly notOnce: number;
  /** What was told is not what the log has. */
  readonly notTold: number;
  /** Of the records: decided, told to nobody, and void. */
  readonly withdrawn: number;
  /** Of the records: decided, told to nobody, and not void. */
  readonly untold: number;
}

/** Micros that are held: by decisions in the logs that are not void, by those that were told, and by the ledger. */
export interface HeldFound {
  readonly logged: number;
  readonly told: number;
  readonly ledger: number;
  /** Not yet returned by a replica. */
  readonly leased: number;
}

/** Ids that all replicas answer alike; and those that a replica could not ask Redis about, so that it answered for itself. */
export function partByOutages(
  ids: readonly AskedId[],
  outages: readonly Span[],
): { readonly shared: readonly AskedId[]; readonly apart: readonly AskedId[] } {
  const isApart = ({ home, spans }: AskedId): boolean =>
    home === null &&
    spans.some(({ fromMs, toMs }) => outages.some((outage) => fromMs <= outage.toMs && outage.fromMs <= toMs));
  return { shared: ids.filter((id) => !isApart(id)), apart: ids.filter(isApart) };
}

export interface RetryLogs {
  readonly byRequest: ReadonlyMap<string, readonly DecisionRecord[]>;
  readonly voided: ReadonlySet<string>;
}

export async function readLogs(dataDirs: readonly string[]): Promise<RetryLogs> {
  const byRequest = new Map<string, DecisionRecord[]>();
  const voided = new Set<string>();
  for (const dataDir of dataDirs) {
    for await (const line of linesOf(dataDir, "decisions")) {
      const record = line as DecisionRecord;
      const others = byRequest.get(record.requestId);
      if (others === undefined) byRequest.set(record.requestId, [record]);
      else others.push(record);
    }
    for await (const line of linesOf(dataDir, "outcomes")) {
      const { type, decisionId } = line as OutcomeRecord;
      if (type === "void") voided.add(decisionId);
    }
  }
  return { byRequest, voided };
}

/** @param ids those that all replicas answer alike, or those that Redis was away for */
export function auditIds(ids: readonly AskedId[], { byRequest, voided }: RetryLogs): RetriesFound {
  const sum = {
    ids: ids.length,
    differing: 0,
    refused: 0,
    mismatchesTaken: 0,
    notOnce: 0,
    notTold: 0,
    withdrawn: 0,
    untold: 0,
  };
  for (const { requestId, texts, refused, mismatchesTaken } of ids) {
    const records = byRequest.get(requestId) ?? [];
    const told = new Set([...texts].map(toldIn));
    const standing = records.filter(({ decisionId }) => !voided.has(decisionId));
    sum.differing += Number(texts.size !== 1);
    sum.refused += refused;
    sum.mismatchesTaken += mismatchesTaken;
    sum.notOnce += Number(standing.length !== 1);
    sum.notTold += Number([...told].some((id) => !standing.some(({ decisionId }) => decisionId === id)));
    sum.withdrawn += records.length - standing.length;
    sum.untold += standing.filter(({ decisionId }) => !told.has(decisionId)).length;
  }
  return sum;
}

export function auditHeld(ids: readonly AskedId[], { byRequest, voided }: RetryLogs, view: AccountView): HeldFound {
  const told = new Set(ids.flatMap(({ texts }) => [...texts].map(toldIn)));
  const records = [...byRequest.values()].flat();
  const standing = records.filter(({ decisionId }) => !voided.has(decisionId));
  return {
    logged: heldBy(standing),
    told: heldBy(records.filter(({ decisionId }) => told.has(decisionId))),
    ledger: view.pending + view.settled + view.overrun,
    leased: view.leased,
  };
}

/** The account that the money is in. */
export function accountOf({ byRequest }: RetryLogs): string {
  for (const [first] of byRequest.values()) {
    if (first !== undefined && first.reservation !== null) return first.reservation.account;
  }
  throw new Error("expected a decision that holds money");
}

function heldBy(records: readonly DecisionRecord[]): number {
  return records.reduce((sum, { reservation }) => sum + (reservation?.amountMicros ?? 0), 0);
}
