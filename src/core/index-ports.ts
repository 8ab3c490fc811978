/**
 * What the service looks up in its logs without reading them. Everything in it can be made from the logs again, so
 * it need not be as durable as they are: what a crash takes from it is read once more at the next start.
 */
export interface IndexStore {
  /** The same name is the same table. */
  table(name: string): IndexTable;
  /** Everything that was set so far is in the file, in the order in which it was set. Throws what the disk throws. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

/** Text by text key, at most 1,000 bytes; in the keys' byte order. What is set is read at once. */
export interface IndexTable {
  get(key: string): string | null;
  set(key: string, value: string): void;
  delete(key: string): void;
  /** Entries as they are in the file: what was set since the last `flushed` may be missing. */
  range(bounds: IndexBounds): Iterable<readonly [key: string, value: string]>;
}

export interface IndexBounds {
  /** Included. */
  readonly from: string;
  /** Not included. */
  readonly to: string;
  readonly limit: number;
}
