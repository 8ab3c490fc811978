/** Outcomes with everything real behind them: an index, an outcome log and a ledger in files of their own. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import { SegmentLog } from "../../src/adapters/file/segment-log.ts";
import { openIndexStore } from "../../src/adapters/lmdb/index-store.ts";
import { openEmbeddedLedger } from "../../src/adapters/memory/ledger.ts";
import { OutcomeLine } from "../../src/contract/outcome-record.ts";
import type { OutcomeRequest } from "../../src/contract/outcomes.ts";
import { RECORD_EXAMPLE } from "../../src/contract/record-example.ts";
import type { Ledger } from "../../src/core/budget-ports.ts";
import type { AccountView, SettlementResult } from "../../src/core/domain/budget.ts";
import type { OutcomeRecord } from "../../src/core/domain/outcome.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { LogIndex } from "../../src/service/log-index.ts";
import { OutcomeBook } from "../../src/service/outcomes/outcome-book.ts";
import { OutcomeIndex } from "../../src/service/outcomes/outcome-index.ts";
import { Settler } from "../../src/service/outcomes/settler.ts";
import { ACCOUNT, syncOf, termsOf } from "../contracts/ledger.ts";
import { idAt, LogWitness, START_MS } from "./decision-log-files.ts";

/** Enough for every test. */
const AMOUNT = 1_000_000_000_000;
const HOLDER = { replica: "a", life: 1 };

export interface OutcomeWorld {
  readonly book: OutcomeBook;
  readonly decisions: LogIndex;
  /** What was told, in order: `type result`, `matched type`, `treatment`. */
  readonly told: readonly string[];
  readonly settled: readonly SettlementResult["kind"][];
  readonly clock: { nowMs: number };
  /** Timers that were set: calling back runs the latest. */
  readonly fire: () => void;
  readonly view: () => Promise<AccountView>;
  /** Every decision's offer is held in the ledger. */
  readonly hold: (...records: readonly DecisionRecord[]) => Promise<void>;
  readonly lines: () => Promise<readonly OutcomeRecord[]>;
  /** Reads the log into the index, as a start does. */
  readonly recall: () => Promise<void>;
  /** Waits until everything that is due is settled. */
  readonly settle: () => Promise<void>;
  /** What a process leaves behind that was killed: the index as it was last written. */
  readonly leave: () => Promise<void>;
}

export interface OutcomeWorldOptions {
  readonly ledger?: Pick<Ledger, "settle">;
}

/** Opened again over the same folder it is the next process. */
export async function openOutcomeWorld(folder: string, options: OutcomeWorldOptions = {}): Promise<OutcomeWorld> {
  const store = openIndexStore({ directory: join(folder, "index"), onFailure: raise });
  const ledger = await openEmbeddedLedger({ dataDir: folder, durability: "process", clock: () => START_MS });
  const decisions = new LogIndex(store);
  const outcomes = new OutcomeIndex(store);
  const log = new SegmentLog({
    kind: "outcomes",
    directory: join(folder, "outcomes"),
    durability: "process",
    clock: () => START_MS,
    stopwatch: () => 0,
    segmentSuffix: () => randomBytes(4).toString("hex"),
    observer: new LogWitness(),
  });
  const clock = { nowMs: START_MS };
  const told: string[] = [];
  const settled: SettlementResult["kind"][] = [];
  let timer: () => void = () => undefined;
  let turn = 0;
  const settler = new Settler({
    index: outcomes,
    ledger: options.ledger ?? ledger,
    timer: {
      now: () => clock.nowMs,
      after: (_, callback) => {
        timer = callback;
        return () => undefined;
      },
    },
    nowMs: () => clock.nowMs,
    settled: (_, { kind }) => settled.push(kind),
    failed: () => settled.push("unknown_account"),
  });
  const metrics = {
    received: (type: string, result: string) => told.push(`${type} ${result}`),
    matched: ({ type }: OutcomeRecord) => told.push(`matched ${type}`),
    treated: (_: string, treatment: string) => told.push(treatment),
  };
  const forwarding = null;
  const book = new OutcomeBook({ log, decisions, outcomes, settler, forwarding, metrics, nowMs: () => clock.nowMs });
  const lines = () => linesIn(join(folder, "outcomes"));
  return {
    book,
    decisions,
    told,
    settled,
    clock,
    fire: () => timer(),
    view: async () => {
      const view = await ledger.view(ACCOUNT);
      if (view === null) throw new Error("expected an account");
      return view;
    },
    hold: async (...records) => {
      const terms = termsOf(AMOUNT);
      const reservations = records.map(({ decisionId, reservation }) => ({
        id: decisionId,
        amount: reservation?.amountMicros ?? 0,
        fixed: reservation?.fixedMicros ?? 0,
        expiresAtMs: START_MS + 86_400_000,
      }));
      const want = reservations.reduce((sum, { amount }) => sum + amount, 0);
      await ledger.sync(syncOf(HOLDER, { terms, turn: ++turn, want }));
      await ledger.sync(syncOf(HOLDER, { terms, turn: ++turn, reservations }));
    },
    lines,
    recall: async () => {
      for (const line of await lines()) book.recall(line);
      await book.matchAll();
    },
    settle: async () => {
      settler.wake();
      while ((await outcomes.waiting(clock.nowMs, 1)).length > 0) await new Promise(setImmediate);
    },
    leave: async () => {
      await settler.close();
      await log.close();
      await ledger.close();
      await store.close();
    },
  };
}

/** A logged decision: an offer that holds 0.50, of which 0.01 is owed whatever happens. */
export function decided(n: number, { action = "mens_email" } = {}): DecisionRecord {
  const id = idAt(START_MS, n);
  return {
    ...RECORD_EXAMPLE,
    decisionId: id,
    requestId: `r${n}`,
    time: new Date(START_MS).toISOString(),
    realizedAction: action,
    reservation:
      action === "no_offer"
        ? null
        : {
            id,
            account: `${ACCOUNT.budget}/${ACCOUNT.period}`,
            lease: "a/1",
            amountMicros: 500_000,
            fixedMicros: 10_000,
            volumes: [],
            exploration: null,
            expiresAt: new Date(START_MS + 86_400_000).toISOString(),
          },
  };
}

/** As a caller sends it. */
export function sent(record: DecisionRecord, changed: Partial<OutcomeRequest> = {}): OutcomeRequest {
  const { decisionId } = record;
  return { outcomeId: "o1", decisionId, type: "reward", value: 1, occurredAt: record.time, ...changed };
}

export function redemption(record: DecisionRecord, outcomeId: string, cost: number): OutcomeRequest {
  return { outcomeId, decisionId: record.decisionId, type: "redemption", cost, occurredAt: record.time };
}

async function linesIn(directory: string): Promise<readonly OutcomeRecord[]> {
  const lines: OutcomeRecord[] = [];
  const segments = await listSegments(directory, "outcomes");
  for await (const entry of readSegments(segments.map(({ path }) => path))) {
    if (entry.kind !== "record") throw new Error(`expected an outcome, got ${entry.kind}`);
    lines.push(OutcomeLine.parse(entry.record));
  }
  return lines;
}

function raise(cause: unknown): never {
  throw cause;
}
