/** What the services need of the world outside. Adapters implement these; only `compose.ts` knows which. */
import type { Allocation } from "./allocation/allocate.ts";
import type { CandidateBlock, Constraints } from "./allocation/candidates.ts";
import type { FeatureContract, ModelOutputs, RawScores } from "./domain/model.ts";

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

/** Allocates where it holds up no decision. The block is given away: its arrays must not be used again. */
export interface Allocator {
  allocate(block: CandidateBlock, actions: number, constraints: Constraints): Promise<Allocation>;
  close(): Promise<void>;
}
