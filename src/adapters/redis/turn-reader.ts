/**
 * Values of many keys in one command: reads that arrive in one turn of the event loop, whatever they
 * are for, share a round trip, a deadline and a fate. A command of its own for each read would cost more
 * than the decision that waits for it. What became of others until then goes along, ahead of them.
 */
import type { RedisConnection } from "./connection.ts";
import { Settlements } from "./settlements.ts";
import type { HistoryCalls, HistoryReply, Row, RowCalls, TurnReplies } from "./turn-command.ts";

/**
 * Redis serves nobody else while it runs one command: some 0.6 ms for so many rows, 0.3 ms for so many histories with a
 * place to take and one to leave in each. What is full goes at once: Redis is at it while the turn brings others.
 */
const ROWS_PER_COMMAND_MAX = 256;
const HISTORIES_PER_COMMAND_MAX = 32;

interface Batch {
  readonly rows: { readonly keys: string[]; readonly bytesMax: number[] };
  readonly histories: { readonly asked: string[]; atMs: number };
  /** Sends it, if it is not on its way. */
  readonly send: () => void;
  readonly replies: Promise<TurnReplies>;
}

/** What one caller asks for. */
interface Load {
  readonly rows: number;
  readonly histories: number;
}

export class TurnReader {
  readonly settlements: Settlements;
  /** The batch that this turn's reads join. */
  #open: Batch | null = null;

  constructor(connection: RedisConnection) {
    this.settlements = new Settlements(connection, () => this.#askForTurn());
  }

  /**
   * The rows, in the order of the keys; of each at most as many bytes as asked for.
   *
   * @throws RedisTrouble, the same for all reads of the turn
   */
  rows({ keys, bytesMax }: RowCalls): Promise<readonly Row[]> {
    const batch = this.#batchFor({ rows: keys.length, histories: 0 });
    const first = batch.rows.keys.length;
    batch.rows.keys.push(...keys);
    batch.rows.bytesMax.push(...bytesMax);
    return batch.replies.then(({ rows }) => rows.slice(first, first + keys.length));
  }

  /**
   * The histories, in the order they are asked for, as they were before places were taken in them.
   *
   * @param refuse hears what every read of the turn throws
   */
  histories<T>({ asked, atMs }: HistoryCalls, decode: (reply: HistoryReply) => T, refuse: (error: unknown) => never) {
    const { histories, replies } = this.#batchFor({ rows: 0, histories: asked.length });
    const first = histories.asked.length;
    histories.asked.push(...asked);
    histories.atMs = Math.max(histories.atMs, atMs);
    return replies.then((all) => all.histories.slice(first, first + asked.length).map(decode), refuse);
  }

  /** Nobody waits for it: what it takes along hears itself what became of it. */
  #askForTurn(): void {
    this.#batchFor({ rows: 0, histories: 0 }).replies.catch(() => undefined);
  }

  #batchFor(more: Load): Batch {
    if (this.#open !== null && hasRoomFor(more, this.#open)) return this.#open;
    this.#open?.send();
    const { promise: complete, resolve: send } = Promise.withResolvers<void>();
    setImmediate(send);
    const batch: Batch = {
      rows: { keys: [], bytesMax: [] },
      histories: { asked: [], atMs: 0 },
      send,
      replies: complete.then(() => this.#run(batch)),
    };
    this.#open = batch;
    return batch;
  }

  #run(batch: Batch): Promise<TurnReplies> {
    if (this.#open === batch) this.#open = null;
    return this.settlements.sendWith(batch);
  }
}

function hasRoomFor(more: Load, { rows, histories }: Batch): boolean {
  return (
    rows.keys.length + more.rows <= ROWS_PER_COMMAND_MAX &&
    histories.asked.length + more.histories <= HISTORIES_PER_COMMAND_MAX
  );
}
