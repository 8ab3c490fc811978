/**
 * The index in one LMDB file. What is set waits in memory and is written in groups, some ten times a second: a
 * write of its own for every decision would cost more than the decision.
 */
import { type Database, open, type RootDatabase } from "lmdb";
import type { IndexBounds, IndexStore, IndexTable } from "../../core/index-ports.ts";

/** A flush takes a millisecond whatever is in it; what is in it holds the event loop up for 2 µs each. */
const FLUSH_MS = 100;
/** A disk that refuses is asked again so soon. */
const RETRY_MS = 1_000;
const TABLES_MAX = 16;

export interface IndexStoreOptions {
  /** Made if it does not exist. One process at a time. */
  readonly directory: string;
  /** A group could not be written; it is written again. */
  readonly onFailure: (cause: unknown) => void;
}

/** @throws what the disk throws */
export function openIndexStore(options: IndexStoreOptions): IndexStore {
  const env = open<string, string>({
    path: options.directory,
    maxDbs: TABLES_MAX,
    encoding: "string",
    noSubdir: false,
    // A group is a batch anyway, and of batches of its own making the library forgets to handle the failures.
    eventTurnBatching: false,
  });
  return new LmdbIndexStore(env, options);
}

class LmdbIndexStore implements IndexStore {
  readonly #env: RootDatabase<string, string>;
  readonly #onFailure: IndexStoreOptions["onFailure"];
  readonly #tables = new Map<string, BufferedTable>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  /** A write that has not begun: it takes what is set until then, for everybody who asks. */
  #queued: Promise<void> | null = null;

  constructor(env: RootDatabase<string, string>, { onFailure }: IndexStoreOptions) {
    this.#env = env;
    this.#onFailure = onFailure;
  }

  table(name: string): IndexTable {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = new BufferedTable(this.#env.openDB({ name, encoding: "string" }), () => this.#flushIn(FLUSH_MS));
    this.#tables.set(name, table);
    return table;
  }

  flushed(): Promise<void> {
    if (this.#queued !== null) return this.#queued;
    const write = () => {
      this.#queued = null;
      return this.#write();
    };
    this.#queued = this.#writing.then(write, write);
    this.#writing = this.#queued;
    return this.#queued;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    try {
      await this.flushed();
    } finally {
      await this.#env.close();
    }
  }

  #flushIn(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.flushed().catch((cause: unknown) => {
        this.#onFailure(cause);
        this.#flushIn(RETRY_MS);
      });
    }, delayMs).unref();
  }

  /** All tables together, whole or not at all. */
  async #write(): Promise<void> {
    const tables = [...this.#tables.values()];
    try {
      await this.#env.batch(() => {
        for (const table of tables) table.write();
      });
    } catch (cause) {
      for (const table of tables) table.restore();
      throw await commitErrorOf(cause);
    }
    for (const table of tables) table.written();
  }
}

/** What the disk said, which the library has in a promise of its own; nobody else looks at that. */
async function commitErrorOf(cause: unknown): Promise<unknown> {
  if (!(cause instanceof Error && "commitError" in cause)) return cause;
  try {
    await cause.commitError;
    return cause;
  } catch (error) {
    return error;
  }
}

/** null: deleted. */
type Changes = Map<string, string | null>;

class BufferedTable implements IndexTable {
  readonly #database: Database<string, string>;
  readonly #onChange: () => void;
  #waiting: Changes = new Map();
  #writing: Changes = new Map();

  constructor(database: Database<string, string>, onChange: () => void) {
    this.#database = database;
    this.#onChange = onChange;
  }

  get(key: string): string | null {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting;
    const writing = this.#writing.get(key);
    return writing === undefined ? (this.#database.get(key) ?? null) : writing;
  }

  set(key: string, value: string): void {
    this.#waiting.set(key, value);
    this.#onChange();
  }

  delete(key: string): void {
    this.#waiting.set(key, null);
    this.#onChange();
  }

  *range({ from, to, limit }: IndexBounds): Generator<readonly [string, string]> {
    for (const { key, value } of this.#database.getRange({ start: from, end: to, limit })) yield [key, value];
  }

  /** What waits, as a part of the batch that is open. */
  write(): void {
    this.#writing = this.#waiting;
    this.#waiting = new Map();
    for (const [key, value] of this.#writing) {
      void (value === null ? this.#database.remove(key) : this.#database.put(key, value));
    }
  }

  written(): void {
    this.#writing = new Map();
  }

  /** What could not be written waits again, but for what was changed since. */
  restore(): void {
    this.#waiting = new Map([...this.#writing, ...this.#waiting]);
    this.#writing = new Map();
  }
}
