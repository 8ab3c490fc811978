/** What the services need of the world outside. Adapters implement these; only `compose/` knows which. */
import type { Allocation } from "./allocation/allocate.ts";
import type { CandidateBlock, Constraints } from "./allocation/candidates.ts";
import type { Condition } from "./domain/cap.ts";
import type { FeatureContract, ModelOutputs, RawScores } from "./domain/model.ts";
import type { Offer, Subject } from "./domain/offer.ts";
import type { CalendarRule, Period, PeriodRule } from "./domain/period.ts";

/** What the store holds of one user under one contract. */
export type FeatureRead =
  | { readonly kind: "found"; readonly observedAtMs: number; readonly values: Float32Array }
  | { readonly kind: "missing" }
  /** A row written under another feature contract: its numbers cannot be read as these features. */
  | { readonly kind: "mismatch" };

/** One user's packed row: values in contract order, NaN where missing. */
export interface FeatureRow {
  readonly userId: string;
  readonly contract: FeatureContract;
  readonly observedAtMs: number;
  readonly values: Float32Array;
}

/** Latest features per user and feature set. Throws `feature_store_unavailable` when it cannot answer in time. */
export interface FeatureStore {
  /** Reads the user's rows of all these contracts in one round trip; results in the contracts' order. */
  read(userId: string, contracts: readonly FeatureContract[]): Promise<readonly FeatureRead[]>;
  /** Replaces the users' rows. All or nothing is not promised; writing again is harmless. */
  write(rows: readonly FeatureRow[]): Promise<void>;
  close(): Promise<void>;
}

/** One verified model version, open for scoring. */
export interface UpliftModel {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly outputs: ModelOutputs;
  readonly contract: FeatureContract;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** Largest age of a row this model accepts, in ms, where the manifest limits it. */
  readonly maxAgeMs: number | null;
  /** What `GET /v1/models` publishes beyond the above: heads, metrics, features as in the manifest. */
  readonly manifest: unknown;
  /**
   * Scores one row (float32, contract order). Rows that wait in the same turn of the event loop share
   * one run. Throws `model_failed`.
   */
  score(row: Float32Array): Promise<RawScores>;
  /** Waits for rows under way, then frees the session. */
  release(): Promise<void>;
}

/** Why a bundle or file was refused: where, which rule, and what would be right. */
export interface Fault {
  readonly path: string;
  readonly rule: string;
}

export type Opened<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The models on disk. Opening verifies everything; a model that is not wholly right is not opened. */
export interface ModelSource {
  /** `<name>/<version>` of every model folder found, sorted. */
  list(): Promise<readonly string[]>;
  /** Digest of the manifest now on disk, to see whether a loaded model changed; null if unreadable. */
  digestOf(folder: string): Promise<string | null>;
  open(folder: string): Promise<Opened<UpliftModel>>;
}

/** What a program must fit: the models it may route to. */
export interface ModelCatalog {
  find(name: string, version: string): Pick<UpliftModel, "name" | "version" | "outputs" | "contract"> | undefined;
}

/** Append-only log of decision records, one JSON line each. */
export interface DecisionLog {
  /** Resolves when the line is durable as configured. Throws `log_unavailable`; then it is not acknowledged. */
  append(line: string): Promise<void>;
  /** The record's line, or null. */
  find(decisionId: string): Promise<string | null>;
  close(): Promise<void>;
}

/** The wall clocks of all time zones. It reads no clock: the same arguments give the same answer. */
export interface Calendar {
  /** What is wrong with the name of a time zone, in words for its author; null when it is right. */
  timeZoneFault(timeZone: string): string | null;
  /**
   * The period that holds the instant; null where the rule has none. Periods of a calendar rule follow
   * each other without gap or overlap. The rule's time zone must be right.
   */
  periodAt(rule: CalendarRule, atMs: number): Period;
  periodAt(rule: PeriodRule, atMs: number): Period | null;
  /** Hours since Monday 00:00 on the zone's clocks, whole, 0 to 167. An hour that clocks skip is never told. */
  hourOfWeek(timeZone: string, atMs: number): number;
}

/** What a subject was offered, oldest commit first. */
export type HistoryRead =
  | { readonly kind: "found"; readonly offers: readonly Offer[] }
  /** Something is there that is not a history. It counts as unknown until it is forgotten. */
  | { readonly kind: "mismatch" };

/** An offer's place in one subject's history, and what must hold there. */
export interface HistoryEntry {
  readonly subject: Subject;
  /** The first instant at which the entry may go. */
  readonly keepUntilMs: number;
  readonly conditions: readonly Condition[];
}

export interface OfferCommit {
  /** A UUID. The same one is committed once, however often it is asked for. */
  readonly decisionId: string;
  readonly offer: Offer;
  readonly entries: readonly HistoryEntry[];
}

/**
 * The offers of every user and cluster. Every call throws `cap_store_unavailable` when the store cannot
 * answer in time; then a commit may have happened, and is repeated or undone.
 */
export interface OfferHistory {
  /** All subjects' histories, in their order, in the round trip that reads the user's features. */
  read(subjects: readonly Subject[]): Promise<readonly HistoryRead[]>;
  /**
   * Adds the offer to all its histories if every condition still holds and none is full, or to none:
   * atomic, whoever else commits. Throws also when a history is a mismatch.
   */
  commit(commit: OfferCommit): Promise<"committed" | "refused">;
  /** Takes a decision's offer out again: it was never made. Harmless if it is not there. */
  undo(decisionId: string, subjects: readonly Subject[]): Promise<void>;
  /** Deletes the subject's history, also one that is a mismatch. */
  forget(subject: Subject): Promise<void>;
  close(): Promise<void>;
}

/** Some of all users. */
export interface Sample {
  readonly block: CandidateBlock;
  /** Number of distinct actions. */
  readonly actions: number;
  /** The sample's share of the constraints. > 0. */
  readonly share: number;
}

/** Solves where it holds up no decision. The block is given away: its arrays must not be used again. */
export interface Allocator {
  allocate(block: CandidateBlock, actions: number, constraints: Constraints): Promise<Allocation>;
  /** The prices of the caps, in micros per offer, judged by a sample; see `samplePrices`. */
  prices(sample: Sample, constraints: Constraints): Promise<readonly number[]>;
  close(): Promise<void>;
}
