/** What budgets need of the world outside: the ledger, what a replica can prove, and the board of prices. */
import type {
  AccountId,
  AccountView,
  BudgetTerms,
  LeaseHolder,
  Reservation,
  Settlement,
  SettlementResult,
} from "./domain/budget.ts";

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
  /**
   * `more`: further parts follow, and a recovery waits for them. `whole`: the lease goes on. `closed`: it ends, and
   * what it did not spend returns.
   */
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

/** One document of the board. Of two of the same name the higher rank stands, of equal ranks the first. */
export interface BoardDocument {
  readonly name: string;
  /** A whole number, 0 or more. */
  readonly rank: number;
  readonly body: string;
}

/**
 * What replicas share of an account's pacing: numbers that add, and documents of which one stands. Throws
 * `ledger_unavailable` when it cannot answer in time. Then a call may have been done or not, and done again it
 * would count twice: this is what prices are learned from, never what is paid.
 */
export interface PacingBoard {
  /** Adds to the account's sums, and returns all of them. A name that is not there is 0. */
  add(account: AccountId, sums: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>>;
  /** Puts a document; returns the one that stands. */
  publish(account: AccountId, document: BoardDocument): Promise<BoardDocument>;
  /** The document that stands, or null. */
  read(account: AccountId, name: string): Promise<BoardDocument | null>;
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
  /** Every account that some life opened a lease on, oldest first. */
  accounts(): readonly AccountId[];
  /** Every life of this replica that ever opened a lease on the account. */
  lives(account: AccountId): readonly LeaseHolder[];
  /** Resolves when a crash cannot make it forgotten; only then may the lease be opened. Throws what the disk throws. */
  remember(account: AccountId): Promise<void>;
}
