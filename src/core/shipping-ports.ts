/** What shipping the logs needs of the world outside. Adapters implement these; only `compose/` knows which. */

/** The logs there are; a log's segments lie in the folder of its name, and their names begin with it. */
export const LOG_KINDS = ["decisions", "outcomes"] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** One line of a log on its way. */
export interface ShippedRecord {
  readonly kind: LogKind;
  /** The id of the decision or of the outcome. Whoever receives an id a second time has the record already. */
  readonly id: string;
  /** The decision it is of: decision and outcomes have it in common. */
  readonly decisionId: string;
  readonly schema: string;
  /** As it is in the log, without the line feed. */
  readonly line: string;
}

/** Where logs are shipped to: each record at least once. */
export interface LogSink {
  /**
   * Resolves when all of them were confirmed, in their order. Throws `sink_unavailable`; then some may have arrived
   * all the same, and are sent again.
   */
  send(records: readonly ShippedRecord[]): Promise<void>;
  /** Lets go at once; what is under way fails. */
  close(): Promise<void>;
}

/** A place between two lines of a log. */
export interface LogPlace {
  /** The segment's file name while it was written: compressing it does not change places. */
  readonly segment: string;
  /** Bytes of whole lines before it, uncompressed. */
  readonly offsetBytes: number;
}

/** What was passed over, as nobody could read it. */
export interface SkippedPart {
  /**
   * - `torn`: the end of a segment that is not written any more, without a line feed; it was never acknowledged
   * - `corrupt`: a line that is not a record
   * - `missing`: the segment is gone; whatever followed in it was not shipped
   */
  readonly reason: "torn" | "corrupt" | "missing";
  /** Where it begins. */
  readonly place: LogPlace;
  readonly bytes: number;
}

/** Some of a log, whole lines in order. */
export interface LogStretch {
  readonly records: readonly ShippedRecord[];
  readonly skipped: readonly SkippedPart[];
  /** Where the next stretch begins; null while there is no segment. */
  readonly end: LogPlace | null;
  /** When the first record was written, in ms since 1970; null where there is none or it does not say. */
  readonly startMs: number | null;
  /** Whether the log went on when this was read. */
  readonly hasMore: boolean;
}

/** A log that is read while it is written: only what was acknowledged. */
export interface FollowedLog {
  readonly kind: LogKind;
  /**
   * The next lines after the place, about `bytesMax` of them and at least one if there is one; null reads from the
   * beginning. Throws `log_unavailable`.
   */
  read(from: LogPlace | null, bytesMax: number): Promise<LogStretch>;
  /** Bytes on disk after the place; compressed segments count as they are. Throws `log_unavailable`. */
  bytesAfter(place: LogPlace | null): Promise<number>;
  /** Segments that began before, in ms since 1970 by their names, are wholly before the place. 0 for null: all are needed. */
  neededSinceMs(place: LogPlace | null): number;
}

/** Keeps, over restarts, how far one log was shipped to one sink. */
export interface PlaceStore {
  load(): Promise<LogPlace | null>;
  /** Resolves when a power loss would not take it back. Throws `log_unavailable`; then the former place stands. */
  save(place: LogPlace): Promise<void>;
}
