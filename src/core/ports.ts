/** What the services need of the world outside. Adapters implement these; only `compose.ts` knows which. */
import type {
  AccountId,
  AccountView,
  BudgetTerms,
  LeaseHolder,
  Reservation,
  Settlement,
  SettlementResult,
} from "./domain/budget.ts";
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

/** What every report to the ledger says of its sender. */
export interface LeaseReport {
  readonly account: AccountId;
  readonly terms: BudgetTerms;
  readonly holder: LeaseHolder;
  /** The most operations of this account that the sender has seen; 0 if it never saw it. */
  readonly seenOperations: number;
  /** Units spent under this lease so far, without reservations (volume limits). */
  readonly spent: number;
  /** Decisions that are in the sender's decision log. Reporting one again is harmless. */
  readonly reservations: readonly Reservation[];
}

/** One turn of a lease. A turn whose answer was lost is asked again, unchanged. */
export interface LeaseSync extends LeaseReport {
  /** 1 opens the lease; then one more each time. */
  readonly turn: number;
  readonly want: number;
  readonly giveBack: number;
  /**
   * The recovery this replica last heard of, for how long it has known, by its monotonic clock, and what
   * time it is: what fell due by then, and by the store's clock, expires before anything is granted again.
   */
  readonly recovery: { readonly token: string; readonly waitedMs: number; readonly nowMs: number } | null;
}

/**
 * - `synced`: done. `granted` is the lease's total so far.
 * - `unconfirmed`: done, but the store's replicas do not have it yet: not given. Ask the same turn again.
 * - `recovering`: the store went back in time or may have; nothing was done. Stop paying, declare, ask again.
 * - `fenced`: the lease is closed, or a later life of the replica holds one. It will not pay again.
 */
export interface LeaseAnswer {
  readonly kind: "synced" | "unconfirmed" | "recovering" | "fenced";
  readonly granted: number;
  readonly view: AccountView;
}

/** What a replica knows of a lease of its own, said in as many parts as its reservations need. */
export interface LeaseDeclaration extends LeaseReport {
  /** The lease as of its last answered turn; null for the lease of a life that ended. */
  readonly held: { readonly turn: number; readonly granted: number; readonly returned: number } | null;
  /** Holders seen in the last view, open or closed: those that the store forgot have to speak too. */
  readonly known: readonly LeaseHolder[];
  /** `more`: further parts follow, and a recovery waits for them. `whole`: the lease goes on. `closed`: it ends, and what it did not spend returns. */
  readonly end: "more" | "whole" | "closed";
}

/**
 * The budgets' money, exact and shared. Calls are atomic and may be repeated. Calls made in one turn of
 * the event loop share a round trip. Every method throws `ledger_unavailable` when the ledger cannot
 * answer in time; then the call may have happened or not.
 */
export interface Ledger {
  /** Opens a lease, reports what was spent, gives back, and asks for more. */
  sync(sync: LeaseSync): Promise<LeaseAnswer>;
  /** Repairs what the store forgot of a lease, or closes the lease of a life that ended. */
  declare(declaration: LeaseDeclaration): Promise<AccountView>;
  /** Results in the settlements' order. */
  settle(account: AccountId, settlements: readonly Settlement[]): Promise<readonly SettlementResult[]>;
  /** Expires at most `limit` reservations that are due by `nowMs` and by the store's clock; how many. */
  reap(account: AccountId, due: { readonly nowMs: number; readonly limit: number }): Promise<number>;
  /** The operator's word that this lease spent nothing that was not reported; what returned. */
  writeOff(account: AccountId, holder: LeaseHolder): Promise<number>;
  /** null for an account that was never opened. */
  view(account: AccountId): Promise<AccountView | null>;
  close(): Promise<void>;
}

/** What a replica can prove of its own spending, after a crash and when the ledger forgot. */
export interface SpendingHistory {
  /** The reservations of every decision in this replica's log that was paid out of this lease. */
  reservations(account: AccountId, holder: LeaseHolder): AsyncIterable<Reservation>;
  /** The settlements of this account that this replica accepted, oldest first. */
  settlements(account: AccountId): AsyncIterable<Settlement>;
}

/** Which lives of this replica have had leases, kept where its decision log is. */
export interface LeaseBook {
  /** This replica, in this life of its. */
  readonly holder: LeaseHolder;
  /** Every life of this replica that ever opened a lease on the account. */
  lives(account: AccountId): readonly LeaseHolder[];
  /** Resolves when a crash cannot make it forgotten; only then may the lease be opened. Throws what the disk throws. */
  remember(account: AccountId): Promise<void>;
}

/** A vector that the replicas of a budget fill together, such as the efficiency histogram of a period. */
export interface BoardId {
  readonly budget: string;
  /** Program, period and what it is. */
  readonly name: string;
}

/** What one replica adds in one turn. A turn whose answer was lost is asked again, and counts once. */
export interface BoardDelta {
  readonly writer: LeaseHolder;
  /** From 1, one more each time. */
  readonly turn: number;
  /** Length of the vector; the same for all writers. */
  readonly size: number;
  /** Places and what is added to them, which is finite. */
  readonly added: readonly (readonly [index: number, amount: number])[];
}

/**
 * What pacing shares between replicas: sums, and the prices of an epoch. It is an estimate and not money:
 * a store that lost it begins again at 0. Every method throws `ledger_unavailable`.
 */
export interface PacingBoard {
  /** Adds, and answers the sums of everybody. */
  exchange(board: BoardId, delta: BoardDelta): Promise<Float64Array>;
  /** The epoch's prices, those of whoever published first: `prices` or what was there. */
  publish(board: BoardId, epoch: number, prices: string): Promise<string>;
  /** null if nobody has published. Prices are kept for an hour. */
  read(board: BoardId, epoch: number): Promise<string | null>;
}
