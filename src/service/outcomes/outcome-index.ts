/** What outcomes are looked up by, and what is still to be done for them, as tables of the index. */
import { timeOfId } from "../../core/domain/decision-id.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import type { IndexStore, IndexTable } from "../../core/index-ports.ts";
import type { DueSettlement } from "../../core/outcomes/settlement.ts";
import type { AgingTable } from "../index-sweep.ts";

/** A settlement that waits for the ledger. */
export interface WaitingSettlement extends DueSettlement {
  readonly key: string;
  readonly sinceMs: number;
}

/** What came before its decision was known. */
export interface UnknownOutcomes {
  readonly decisionId: string;
  readonly outcomes: OutcomeRecord[];
}

/** As long as decisions are known, and what is not known then never will be. */
const KEPT_MS = 100 * 86_400_000;
/** Of one decision there are a handful. */
const UNKNOWN_OF_ONE_MAX = 1_000;
/** Above every id. */
const AFTER_IDS = "~";
const TIME_DIGITS = 15;
const INBOX = "inbox";

export class OutcomeIndex {
  readonly #store: IndexStore;
  /** By outcome: its fingerprint, and when it came. */
  readonly #outcomes: IndexTable;
  /** By decision: the first redemption. */
  readonly #redemptions: IndexTable;
  /** By decision and outcome: outcomes whose decision is not known. */
  readonly #unknown: IndexTable;
  /** By when to ask the ledger, and outcome: settlements. */
  readonly #due: IndexTable;
  /** By outcome: what is to be sent to the replica of its decision. */
  readonly #forward: IndexTable;
  /** How far this replica has read what others sent it. */
  readonly #places: IndexTable;

  constructor(store: IndexStore) {
    this.#store = store;
    this.#outcomes = store.table("outcomes");
    this.#redemptions = store.table("redemptions");
    this.#unknown = store.table("unknown");
    this.#due = store.table("due");
    this.#forward = store.table("forward");
    this.#places = store.table("places");
  }

  get aging(): readonly AgingTable[] {
    return [
      { table: this.#outcomes, keptMs: KEPT_MS, timeOf: (_, value) => Number(value.split(" ")[1]) },
      { table: this.#redemptions, keptMs: KEPT_MS, timeOf: timeOfId },
      { table: this.#unknown, keptMs: KEPT_MS, timeOf: timeOfId },
    ];
  }

  /** Null for an outcome that never came. */
  fingerprintOf(outcomeId: string): string | null {
    return this.#outcomes.get(outcomeId)?.split(" ")[0] ?? null;
  }

  add(outcomeId: string, { fingerprint, receivedAtMs }: { fingerprint: string; receivedAtMs: number }): void {
    this.#outcomes.set(outcomeId, `${fingerprint} ${receivedAtMs}`);
  }

  /** Whether the outcome is the decision's first redemption: the first that asks is, and stays it. */
  redeems({ decisionId, outcomeId }: OutcomeRecord): "first" | "another" {
    const first = this.#redemptions.get(decisionId);
    if (first === null) this.#redemptions.set(decisionId, outcomeId);
    return first === null || first === outcomeId ? "first" : "another";
  }

  quarantine(outcome: OutcomeRecord): void {
    this.#unknown.set(`${outcome.decisionId} ${outcome.outcomeId}`, JSON.stringify(outcome));
  }

  /** Takes the outcomes of the decision that came before it was known out of quarantine. */
  async release(decisionId: string): Promise<readonly OutcomeRecord[]> {
    await this.#store.flushed();
    const bounds = { from: `${decisionId} `, to: `${decisionId} ${AFTER_IDS}`, limit: UNKNOWN_OF_ONE_MAX };
    const entries = [...this.#unknown.range(bounds)].map(([, text]) => JSON.parse(text) as OutcomeRecord);
    return entries.filter((outcome) => this.take(outcome));
  }

  /** What is in quarantine, decision by decision. */
  async *unknown(): AsyncGenerator<UnknownOutcomes> {
    await this.#store.flushed();
    let waiting: UnknownOutcomes | null = null;
    for (const [key, text] of this.#unknown.range({ from: "", to: AFTER_IDS, limit: Number.MAX_SAFE_INTEGER })) {
      const decisionId = key.slice(0, key.indexOf(" "));
      if (waiting !== null && waiting.decisionId !== decisionId) {
        yield waiting;
        waiting = null;
      }
      waiting ??= { decisionId, outcomes: [] };
      waiting.outcomes.push(JSON.parse(text) as OutcomeRecord);
    }
    if (waiting !== null) yield waiting;
  }

  /** Takes it out of quarantine: true for one caller only, whatever others saw in the file meanwhile. */
  take({ decisionId, outcomeId }: OutcomeRecord): boolean {
    const key = `${decisionId} ${outcomeId}`;
    if (this.#unknown.get(key) === null) return false;
    this.#unknown.delete(key);
    return true;
  }

  forward(outcome: OutcomeRecord): void {
    this.#forward.set(outcome.outcomeId, JSON.stringify(outcome));
  }

  async toForward(limit: number): Promise<readonly OutcomeRecord[]> {
    await this.#store.flushed();
    const entries = [...this.#forward.range({ from: "", to: AFTER_IDS, limit })];
    return entries.map(([, text]) => JSON.parse(text) as OutcomeRecord);
  }

  forwarded({ outcomeId }: OutcomeRecord): void {
    this.#forward.delete(outcomeId);
  }

  /** "" at first. */
  get place(): string {
    return this.#places.get(INBOX) ?? "";
  }

  set place(place: string) {
    this.#places.set(INBOX, place);
  }

  /** The ledger is to be asked at `atMs`. */
  wait(due: DueSettlement, { sinceMs, atMs }: { readonly sinceMs: number; readonly atMs: number }): void {
    this.#due.set(`${timeKey(atMs)} ${due.settlement.eventId}`, JSON.stringify({ ...due, sinceMs }));
  }

  /** What is to be asked by now, the longest due first. */
  async waiting(nowMs: number, limit: number): Promise<readonly WaitingSettlement[]> {
    await this.#store.flushed();
    return [...this.#due.range({ from: "", to: timeKey(nowMs + 1), limit })].map(([key, text]) => ({
      ...(JSON.parse(text) as Omit<WaitingSettlement, "key">),
      key,
    }));
  }

  done({ key }: WaitingSettlement): void {
    this.#due.delete(key);
  }
}

/** In the order of time. */
function timeKey(atMs: number): string {
  return String(atMs).padStart(TIME_DIGITS, "0");
}
