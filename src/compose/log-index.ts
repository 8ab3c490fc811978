/** The index of what is in the logs, complete before anybody asks. */
import { basename, join } from "node:path";
import type { Logger } from "pino";
import { readSegments } from "../adapters/file/read-segments.ts";
import { listSegments, type LogKind } from "../adapters/file/segment-name.ts";
import { openIndexStore } from "../adapters/lmdb/index-store.ts";
import { type DecisionRecord, RECORD_SCHEMA } from "../core/domain/record.ts";
import type { IndexStore } from "../core/index-ports.ts";
import type { Config } from "../ops/config.ts";
import type { Metrics } from "../ops/metrics.ts";
import { IndexSweep } from "../service/index-sweep.ts";
import { LogIndex } from "../service/log-index.ts";
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
      await store.close();
    },
  };
}

/**
 * How far the index has come in each log: what a crash kept out of it is in the segment that was open, or in later
 * ones. Those are read once more at the next start.
 */
export class LogTail {
  readonly #marks: ReturnType<IndexStore["table"]>;
  readonly #dataDir: string;
  readonly #logger: Logger;

  constructor(store: IndexStore, { dataDir, logger }: { readonly dataDir: string; readonly logger: Logger }) {
    this.#marks = store.table("marks");
    this.#dataDir = dataDir;
    this.#logger = logger;
  }

  /** All that was acknowledged before is in the index, or waits for it. */
  readonly opened = (kind: LogKind, path: string): void => {
    this.#marks.set(kind, basename(path));
  };

  /** Every line of the schema since then, in order. */
  async recall(kind: LogKind, schema: string, onRecord: (record: object) => void): Promise<void> {
    const mark = this.#marks.get(kind) ?? "";
    const segments = await listSegments(join(this.#dataDir, kind), kind);
    const since = segments.map(({ path }) => path).filter((path) => basename(path) >= mark);
    let records = 0;
    for await (const entry of readSegments(since)) {
      if (entry.kind === "record" && "schema" in entry.record && entry.record.schema === schema) {
        onRecord(entry.record);
        records += 1;
      }
    }
    if (records > 0) this.#logger.info({ log: kind, records }, "read into the index");
  }
}
