/**
 * Values of many keys in one command: reads that arrive in one turn of the event loop, whatever they
 * are for, share a round trip, a deadline and a fate. A command of its own for each read would cost more
 * than the decision that waits for it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RedisConnection } from "./connection.ts";
import { type HistoryKey, type HistoryReply, readTurn, type Row, type RowKey, type TurnReplies } from "./read-turn.ts";

/** Redis serves nobody else while it runs one command: some 0.5 ms for so many keys. */
const KEYS_PER_COMMAND_MAX = 256;

interface Batch {
  readonly rows: RowKey[];
  readonly histories: HistoryKey[];
  readonly replies: Promise<TurnReplies>;
}

export class TurnReader {
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
  rows(keys: readonly RowKey[]): Promise<readonly Row[]> {
    const batch = this.#batchFor(keys.length);
    const first = batch.rows.length;
    batch.rows.push(...keys);
    return batch.replies.then(({ rows }) => rows.slice(first, first + keys.length));
  }

  /**
   * The histories, in the order of the keys, as they were before places were taken in them.
   *
   * @throws RedisTrouble, the same for all reads of the turn
   */
  histories(keys: readonly HistoryKey[]): Promise<readonly HistoryReply[]> {
    const batch = this.#batchFor(keys.length);
    const first = batch.histories.length;
    batch.histories.push(...keys);
    return batch.replies.then(({ histories }) => histories.slice(first, first + keys.length));
  }

  #batchFor(keys: number): Batch {
    const open = this.#open;
    if (open !== null && open.rows.length + open.histories.length + keys <= KEYS_PER_COMMAND_MAX) return open;
    const batch: Batch = { rows: [], histories: [], replies: nextTurn().then(() => this.#run(batch)) };
    this.#open = batch;
    return batch;
  }

  async #run(batch: Batch): Promise<TurnReplies> {
    if (this.#open === batch) this.#open = null;
    return await this.#connection.run((redis) => readTurn(redis, batch.rows, batch.histories));
  }
}
