/** What the services need of the world outside. Adapters implement these; only `compose/` knows which. */
import type { Allocation } from "./allocation/allocate.ts";
import type { CandidateBlock, Constraints } from "./allocation/candidates.ts";
import type { FeatureContract, ModelOutputs, RawScores } from "./domain/model.ts";
import type { History, KeptOffer, Place, Subject } from "./domain/offer.ts";
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
  /** Deletes the user's rows of these feature sets. Deleting again is harmless. */
  forget(userId: string, sets: readonly string[]): Promise<void>;
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

/** Append-only log of records, one JSON line each. */
export interface LineLog {
  /** Resolves when the line is durable as configured. Throws `log_unavailable`; then it is not acknowledged. */
  append(line: string): Promise<void>;
  close(): Promise<void>;
}

export interface DecisionLog extends LineLog {
  /** The record's line, or null. */
  find(decisionId: string): Promise<string | null>;
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

/** What the store holds of one subject. */
export type HistoryRead =
  | { readonly kind: "found"; readonly history: History }
  /** Something is there that is not a history. It counts as unknown until it is forgotten. */
  | { readonly kind: "mismatch" };

/**
 * The offers of every user and cluster. A decision takes its place in the histories before anything is drawn; then it
 * gives its offer, or leaves: so an offer is counted before anybody can hear of it, and a cap is never a matter of who
 * is faster. A place that is never left (a crash) goes on counting: too many offers are counted, never too few.
 *
 * `read` and `take` throw `cap_store_unavailable` when the store cannot answer in time; then places may have been
 * taken all the same, and are left. Other replicas may see what was given, left or taken back a moment later; until
 * then a place counts for it.
 */
export interface OfferHistory {
  /** All subjects' histories, in their order, in the round trip that reads the user's features. */
  read(subjects: readonly Subject[]): Promise<readonly HistoryRead[]>;
  /**
   * Reads, and takes the place in every history. Whoever asks, one is after the other: each finds the places and offers
   * of all before it. Places that nobody needs any more go.
   */
  take(place: Place, subjects: readonly Subject[], atMs: number): Promise<readonly HistoryRead[]>;
  /**
   * The decision's place becomes the offer, which needs none. Offers that nobody needs any more go. Given twice it
   * counts once. Throws `cap_store_unavailable` when it could be forgotten: then it must not be given.
   */
  give(offer: KeptOffer, subjects: readonly Subject[]): Promise<void>;
  /** The decision's place goes. */
  leave(decisionId: string, subjects: readonly Subject[]): void;
  /** The decision's offer goes. Throws `cap_store_unavailable` when it may come back after a restart. */
  takeBack(decisionId: string, subjects: readonly Subject[]): Promise<void>;
  /** Deletes the subject's history, also one that is a mismatch. */
  forget(subject: Subject): Promise<void>;
  /** Afterwards all that was given, left and taken back is in the store, if it can be reached. */
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
