/** The index of what is in the logs, complete before anybody asks. */
import { basename, join } from "node:path";
import type { Logger } from "pino";
import { readSegments } from "../adapters/file/read-segments.ts";
import { listSegments, type LogKind } from "../adapters/file/segment-name.ts";
import { openIndexStore } from "../adapters/lmdb/index-store.ts";
import { type DecisionRecord, RECORD_SCHEMA } from "../core/domain/record.ts";
import type { IndexStore, IndexTable } from "../core/index-ports.ts";
import type { Config } from "../ops/config.ts";
import type { Metrics } from "../ops/metrics.ts";
import { IndexSweep } from "../service/index-sweep.ts";
import { LogIndex } from "../service/log-index.ts";
import type { LogWitness } from "./logs.ts";
import { OutcomeIndex } from "../service/outcomes/outcome-index.ts";

/** A million entries are swept in an hour and a half. */
const SWEEP_INTERVAL_MS = 5_000;

export interface OpenIndex {
  readonly decisions: LogIndex;
  readonly outcomes: OutcomeIndex;
  readonly tail: LogTail;
  close(): Promise<void>;
}

/** A file of the index that is gone is made from the logs again. */
export async function openLogIndex(
  config: Config,
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
): Promise<OpenIndex> {
  const store = openIndexStore({
    directory: join(config.DATA_DIR, "index"),
    onFailure: (err) => {
      metrics.outcomes.indexFailures.inc();
      logger.error({ err }, "index cannot be written");
    },
  });
  const decisions = new LogIndex(store);
  const outcomes = new OutcomeIndex(store);
  const tail = new LogTail(store, { dataDir: config.DATA_DIR, logger });
  await tail.recall("decisions", RECORD_SCHEMA, (record) => {
    decisions.add(record as DecisionRecord);
  });
  const sweep = new IndexSweep([...decisions.aging, ...outcomes.aging]);
  const sweeping = setInterval(() => sweep.step(Date.now()), SWEEP_INTERVAL_MS).unref();
  return {
    decisions,
    outcomes,
    tail,
    close: async () => {
      clearInterval(sweeping);
      tail.close();
      await store.close();
    },
  };
}

/**
 * Which segments are in the index, whole. One that is not, because a crash kept something of it out, is read once more
 * at the next start. By name, and not by where the last one was: a clock that is set back names segments out of order.
 */
export class LogTail implements LogWitness {
  readonly #indexed: IndexTable;
  readonly #dataDir: string;
  readonly #logger: Logger;
  /** By log: the segment that is being written. */
  readonly #current = new Map<LogKind, string>();

  constructor(store: IndexStore, { dataDir, logger }: { readonly dataDir: string; readonly logger: Logger }) {
    this.#indexed = store.table("segments");
    this.#dataDir = dataDir;
    this.#logger = logger;
  }

  /** All that was acknowledged before is in the index, or waits for it. */
  readonly opened = (kind: LogKind, path: string): void => {
    this.#finish(kind);
    this.#current.set(kind, keyOf(kind, path));
  };

  readonly wrote = (): void => undefined;

  /** Nothing more is written, and all of it was added. */
  close(): void {
    for (const kind of this.#current.keys()) this.#finish(kind);
  }

  /** Every line of the schema that may not be in the index, in the order of the segments' names. */
  async recall(kind: LogKind, schema: string, onRecord: (record: object) => void): Promise<void> {
    const segments = await listSegments(join(this.#dataDir, kind), kind);
    const paths = segments.map(({ path }) => path);
    const missing = paths.filter((path) => this.#indexed.get(keyOf(kind, path)) === null);
    for (const path of missing) {
      try {
        await this.#read(path, schema, onRecord);
        this.#indexed.set(keyOf(kind, path), "");
      } catch (err) {
        this.#logger.error({ err, path }, "segment could not be read into the index");
      }
    }
    this.#forgetAllBut(kind, new Set(paths.map((path) => keyOf(kind, path))));
  }

  async #read(path: string, schema: string, onRecord: (record: object) => void): Promise<void> {
    let records = 0;
    for await (const entry of readSegments([path])) {
      if (entry.kind === "record" && "schema" in entry.record && entry.record.schema === schema) {
        onRecord(entry.record);
        records += 1;
      }
    }
    this.#logger.info({ path, records }, "segment read into the index");
  }

  #finish(kind: LogKind): void {
    const current = this.#current.get(kind);
    if (current !== undefined) this.#indexed.set(current, "");
  }

  #forgetAllBut(kind: LogKind, present: ReadonlySet<string>): void {
    const bounds = { from: `${kind} `, to: `${kind} ~`, limit: Number.MAX_SAFE_INTEGER };
    for (const [key] of this.#indexed.range(bounds)) if (!present.has(key)) this.#indexed.delete(key);
  }
}

/** The same in every form of the segment. */
function keyOf(kind: LogKind, path: string): string {
  return `${kind} ${basename(path).split(".", 1)[0] ?? ""}`;
}
