/**
 * Settlements on their way to Redis. Nobody waits for one: until it is there the decision's place counts for it. So
 * they go along with what is read next, or soon by themselves where nothing is, and what Redis did not take is said
 * again until it did. Said twice, or late, it counts too many offers at worst, never too few.
 */
import type { Settlement } from "../../core/ports.ts";
import { outlived } from "../../core/caps/outlived.ts";
import type { Subject } from "../../core/domain/offer.ts";
import type { RedisConnection } from "./connection.ts";
import { entryText, historyKey, offerText } from "./history-entry.ts";
import { runTurn, type TurnCalls, type TurnReplies } from "./turn-command.ts";

/** Redis serves nobody else while it runs one command: some 0.5 ms for so many. */
const CHANGES_PER_COMMAND_MAX = 256;
/** How long a decision's place may be in the way of the user's next decision on another replica. */
const GATHERED_MS = 5;
const AGAIN_MS = 250;
/** Beyond these the oldest batch is given up: its places go on counting. */
const WAITING_BATCHES_MAX = 1_000;

/** What one command says: of each key, a change. */
interface Batch {
  readonly keys: string[];
  readonly texts: string[];
}

const NOTHING_READ = { rows: { keys: [], bytesMax: [] }, histories: { keys: [], places: [] } } as const;

export class Settlements {
  readonly #connection: RedisConnection;
  #open: Batch = { keys: [], texts: [] };
  /** What Redis did not take, oldest first. */
  #again: Batch[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  add({ decisionId, offer, subjects, found, atMs }: Settlement): void {
    const entry = offer === null ? decisionId : entryText(offer, offerText(offer), atMs);
    for (let i = 0; i < subjects.length; i++) {
      const subject = subjects[i] as Subject;
      const history = found?.[i];
      const over = history === undefined ? [] : outlived(history, offer, atMs);
      this.#open.keys.push(historyKey(subject));
      this.#open.texts.push(over.length === 0 ? entry : [entry, ...over].join(","));
    }
    if (this.#open.keys.length >= CHANGES_PER_COMMAND_MAX) this.#flush();
    else this.#flushIn(GATHERED_MS);
  }

  /**
   * Reads in one command with all that is to be told, after that.
   *
   * @throws RedisTrouble of the reads
   */
  sendWith(reads: Omit<TurnCalls, "changes">): Promise<TurnReplies> {
    // What Redis did not take before goes by itself: then its refusal is the connection's to hear.
    if (this.#again.length === 0) this.#cancel();
    return this.#send(this.#taken(), reads);
  }

  /** Nothing that was settled of the user or cluster until now is said after this. */
  async forget(subject: Subject): Promise<void> {
    const key = historyKey(subject);
    await Promise.all(this.#underWay);
    this.#open = without(key, this.#open);
    this.#again = this.#again.map((batch) => without(key, batch));
  }

  /** What Redis does not take now, it is not told. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#flush();
    await Promise.all(this.#underWay);
  }

  #flush(): void {
    this.#cancel();
    const batches = [...this.#again, this.#taken()];
    this.#again = [];
    for (const batch of batches) {
      if (batch.keys.length === 0) continue;
      this.#send(batch, NOTHING_READ).catch(() => undefined);
    }
  }

  #taken(): Batch {
    const batch = this.#open;
    if (batch.keys.length > 0) this.#open = { keys: [], texts: [] };
    return batch;
  }

  #send(changes: Batch, reads: Omit<TurnCalls, "changes">): Promise<TurnReplies> {
    const answer = this.#connection.run((redis) => runTurn(redis, { changes, ...reads }));
    if (changes.keys.length > 0) this.#follow(changes, answer);
    return answer;
  }

  #follow(changes: Batch, answer: Promise<TurnReplies>): void {
    const hearing = this.#hear(changes, answer);
    this.#underWay.add(hearing);
    void hearing.then(() => this.#underWay.delete(hearing));
  }

  async #hear(changes: Batch, answer: Promise<TurnReplies>): Promise<void> {
    try {
      const { refusal } = await answer;
      if (refusal !== null) this.#sayAgain(changes);
    } catch {
      // The connection tells its state to the operators. The places count meanwhile.
      this.#sayAgain(changes);
    }
  }

  #sayAgain(changes: Batch): void {
    this.#again.push(changes);
    if (this.#again.length > WAITING_BATCHES_MAX) this.#again.shift();
    this.#flushIn(AGAIN_MS);
  }

  #cancel(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
  }

  #flushIn(ms: number): void {
    if (!this.#closed) this.#timer ??= setTimeout(() => this.#flush(), ms).unref();
  }
}

function without(key: string, { keys, texts }: Batch): Batch {
  const others = (_: string, i: number): boolean => keys[i] !== key;
  return { keys: keys.filter(others), texts: texts.filter(others) };
}
