/** The embedded feature store: rows in memory, every write also in `features.ndjson` so that a restart has them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";
import type { FeatureContract } from "../../core/domain/model.ts";
import type { FeatureRead, FeatureRow, FeatureStore } from "../../core/ports.ts";
import { packRow, unpackRow } from "../packed/packed-row.ts";
import { FEATURE_LINE, featureLine, type JournalRow } from "./feature-journal.ts";
import { JournalWriter, type LoadProgress, readJournal } from "./journal.ts";

const FILE_NAME = "features.ndjson";

/** Set, then user: a read joins no strings. */
type Rows = Map<string, Map<string, Uint8Array>>;

export interface EmbeddedFeatureStoreOptions {
  /** Made if it does not exist. One process at a time. */
  readonly dataDir: string;
  readonly onProgress?: LoadProgress;
}

/**
 * Loads what was written before, also rows of contracts that no model uses now. When most lines are
 * superseded the file is written anew with one line for each row.
 *
 * @throws Error naming the line when the file is damaged
 */
export async function openEmbeddedFeatureStore({
  dataDir,
  onProgress,
}: EmbeddedFeatureStoreOptions): Promise<FeatureStore> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE_NAME);
  const rows: Rows = new Map();
  const read = await readJournal(path, { form: FEATURE_LINE, onEntry: (row) => place(rows, row), onProgress });
  const held = countOf(rows);
  const superseded = read.lines - held;
  const journal =
    superseded <= held
      ? await JournalWriter.open(path, read.endBytes)
      : await JournalWriter.replace(path, linesOf(rows));
  return new EmbeddedFeatureStore(path, rows, journal);
}

class EmbeddedFeatureStore implements FeatureStore {
  readonly #path: string;
  readonly #rows: Rows;
  #journal: JournalWriter;
  /** The end of the last write: one append at a time, and memory changes in the file's order. */
  #lastWrite: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string, rows: Rows, journal: JournalWriter) {
    this.#path = path;
    this.#rows = rows;
    this.#journal = journal;
  }

  async read(userId: string, contracts: readonly FeatureContract[]): Promise<readonly FeatureRead[]> {
    this.#refuseIfClosed();
    return contracts.map((contract) => {
      const packed = this.#rows.get(contract.set)?.get(userId);
      return packed === undefined ? { kind: "missing" } : unpackRow(packed, contract);
    });
  }

  async write(rows: readonly FeatureRow[]): Promise<void> {
    this.#refuseIfClosed();
    const packed = rows.map((row) => ({
      userId: row.userId,
      set: row.contract.set,
      packed: packRow(row),
    }));
    await this.#afterOthers(() => this.#append(packed));
  }

  /** What was written of the user before is not in the file any more, either: it is written anew. */
  async forget(userId: string, sets: readonly string[]): Promise<void> {
    this.#refuseIfClosed();
    await this.#afterOthers(async () => {
      for (const set of sets) this.#rows.get(set)?.delete(userId);
      const replaced = this.#journal;
      this.#journal = await unavailableFor(JournalWriter.replace(this.#path, linesOf(this.#rows)));
      await replaced.close();
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#lastWrite;
    await this.#journal.close();
  }

  async #afterOthers(write: () => Promise<void>): Promise<void> {
    const written = this.#lastWrite.then(write);
    this.#lastWrite = written.catch(() => undefined);
    await written;
  }

  async #append(rows: readonly JournalRow[]): Promise<void> {
    await unavailableFor(this.#journal.append(rows.map(featureLine).join("")));
    for (const row of rows) place(this.#rows, row);
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new LiftgateError("feature_store_unavailable", "The feature store is closed");
  }
}

/** The system's error code: enough for a caller, and free of paths. */
async function unavailableFor<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown failure";
    throw new LiftgateError("feature_store_unavailable", `${FILE_NAME} cannot be written: ${code}`);
  }
}

function place(rows: Rows, { userId, set, packed }: JournalRow): void {
  const users = rows.get(set);
  if (users === undefined) rows.set(set, new Map([[userId, packed]]));
  else users.set(userId, packed);
}

function countOf(rows: Rows): number {
  let count = 0;
  for (const users of rows.values()) count += users.size;
  return count;
}

function* linesOf(rows: Rows): Generator<string> {
  for (const [set, users] of rows) {
    for (const [userId, packed] of users) yield featureLine({ userId, set, packed });
  }
}
