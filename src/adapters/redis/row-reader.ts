/**
 * Values of many keys in one command: reads that arrive in one turn of the event loop share a round
 * trip, a deadline and a fate. A command of its own for each read would cost more than the decision
 * that waits for it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RedisConnection } from "./connection.ts";
import { readRows, type Row } from "./read-rows.ts";

export interface RowKey {
  readonly key: string;
  /** More bytes than this are of no use; at least 1. */
  readonly bytesMax: number;
}

/** Redis serves nobody else while it runs one command: some 0.4 ms for so many keys. */
const KEYS_PER_COMMAND_MAX = 256;

interface Batch {
  readonly keys: string[];
  /** The most that a read of the batch asks for: all get it. */
  bytesMax: number;
  readonly rows: Promise<readonly Row[]>;
}

export class RowReader {
  readonly #connection: RedisConnection;
  /** The batch that this turn's reads join. */
  #open: Batch | null = null;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /**
   * The rows, in the order of the keys; as many bytes of each as asked for, or more.
   *
   * @throws RedisTrouble, the same for all reads of the turn
   */
  read(keys: readonly RowKey[]): Promise<readonly Row[]> {
    const batch = this.#batchFor(keys.length);
    const first = batch.keys.length;
    for (const { key, bytesMax } of keys) {
      batch.keys.push(key);
      batch.bytesMax = Math.max(batch.bytesMax, bytesMax);
    }
    return batch.rows.then((rows) => rows.slice(first, first + keys.length));
  }

  #batchFor(keys: number): Batch {
    const open = this.#open;
    if (open !== null && open.keys.length + keys <= KEYS_PER_COMMAND_MAX) return open;
    const batch: Batch = { keys: [], bytesMax: 1, rows: nextTurn().then(() => this.#run(batch)) };
    this.#open = batch;
    return batch;
  }

  async #run(batch: Batch): Promise<readonly Row[]> {
    if (this.#open === batch) this.#open = null;
    const { keys, bytesMax } = batch;
    return await this.#connection.run((redis) => readRows(redis, keys, bytesMax));
  }
}
