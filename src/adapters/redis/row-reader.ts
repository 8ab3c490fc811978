/**
 * Values of many keys in one command: reads that arrive in one turn of the event loop, whatever they
 * are for, share a round trip, a deadline and a fate. A command of its own for each read would cost more
 * than the decision that waits for it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RedisConnection } from "./connection.ts";
import { readRows, type Row, type RowKey } from "./read-rows.ts";

/** Redis serves nobody else while it runs one command: some 0.4 ms for so many keys. */
const KEYS_PER_COMMAND_MAX = 256;

interface Batch {
  readonly keys: RowKey[];
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
   * The rows, in the order of the keys; at most as many bytes of each as asked for.
   *
   * @throws RedisTrouble, the same for all reads of the turn
   */
  read(keys: readonly RowKey[]): Promise<readonly Row[]> {
    const batch = this.#batchFor(keys.length);
    const first = batch.keys.length;
    batch.keys.push(...keys);
    return batch.rows.then((rows) => rows.slice(first, first + keys.length));
  }

  #batchFor(keys: number): Batch {
    const open = this.#open;
    if (open !== null && open.keys.length + keys <= KEYS_PER_COMMAND_MAX) return open;
    const batch: Batch = { keys: [], rows: nextTurn().then(() => this.#run(batch)) };
    this.#open = batch;
    return batch;
  }

  async #run(batch: Batch): Promise<readonly Row[]> {
    if (this.#open === batch) this.#open = null;
    return await this.#connection.run((redis) => readRows(redis, batch.keys));
  }
}
