/**
 * Outcomes on their way to the replica that made their decision: a decision's id ends in its replica's mark. Throws
 * `outcome_exchange_unavailable` when it cannot answer in time: then a call may have been done or not.
 */
import type { OutcomeRecord } from "./domain/outcome.ts";

export interface OutcomeExchange {
  /** To the replicas of their decisions. Sent again, they come again. */
  send(outcomes: readonly OutcomeRecord[]): Promise<void>;
  /** What was sent to this replica after the place, oldest first; a place is as `receive` told it, "" at first. */
  receive(mark: string, after: string): Promise<Received>;
  /** Says that there is this replica; the marks of all that ever said so, lately. */
  present(mark: string, nowMs: number): Promise<ReadonlySet<string>>;
}

export interface Received {
  readonly outcomes: readonly OutcomeRecord[];
  /** Where to go on. */
  readonly place: string;
}
