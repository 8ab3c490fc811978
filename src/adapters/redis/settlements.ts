/**
 * What became of decisions, on its way to Redis. Nobody waits for it: until it is there the decision's place counts for
 * it. So it goes along with what is read next, or soon by itself where nothing is, and what Redis did not take is said
 * again until it did. Said twice, or late, it counts too many offers at worst, never too few.
 */
import type { KeptOffer, Subject } from "../../core/domain/offer.ts";
import type { RedisConnection } from "./connection.ts";
import { historyKey, offerLine, placesField } from "./history-entry.ts";
import { type Changes, runTurn, type TurnCalls, type TurnReplies } from "./turn-command.ts";

/** Redis serves nobody else while it runs one command: some 0.5 ms for so many. */
const CHANGES_PER_COMMAND_MAX = 256;
/** How long a decision's place may be in the way of the user's next decision on another replica. */
const GATHERED_MS = 5;
const AGAIN_MS = 250;
/** Beyond these the oldest batch is given up: its places go on counting. */
const WAITING_BATCHES_MAX = 1_000;

/** What one command says. */
interface Batch extends Changes {
  readonly left: string[];
  readonly keys: string[];
  readonly offers: string[];
}

const NOTHING_READ = { rows: { keys: [], bytesMax: [] }, histories: { keys: [], places: [], atMs: 0 } } as const;
const NOTHING_SAID: Promise<TurnReplies> = Promise.resolve({ refusal: null, rows: [], histories: [] });

export class Settlements {
  readonly #connection: RedisConnection;
  readonly #askForTurn: () => void;
  #open = emptyBatch();
  /** What Redis did not take, oldest first. */
  #again: Batch[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /** @param askForTurn calls `sendWith` soon, with what is read until then, if anything is */
  constructor(connection: RedisConnection, askForTurn: () => void) {
    this.#connection = connection;
    this.#askForTurn = askForTurn;
  }

  /** The decision's place becomes the offer. */
  give(offer: KeptOffer, subjects: readonly Subject[]): void {
    const entry = `${offer.keepUntilMs - offer.decidedAtMs} ${offerLine(offer)}`;
    this.#change(offer.decisionId, subjects, entry);
  }

  /** The decision's place goes. */
  leave(decisionId: string, subjects: readonly Subject[]): void {
    for (const subject of subjects) this.#open.left.push(`${placesField(subject)} ${decisionId}`);
    if (sizeOf(this.#open) >= CHANGES_PER_COMMAND_MAX) this.#flush();
    else this.#flushIn(GATHERED_MS);
  }

  /** The decision's offer goes, and its place if it is still there. */
  takeBack(decisionId: string, subjects: readonly Subject[]): void {
    this.#change(decisionId, subjects, decisionId);
  }

  /**
   * Reads in one command with all that is to be told, after that.
   *
   * @throws RedisTrouble of the reads
   */
  sendWith(reads: Omit<TurnCalls, "changes">): Promise<TurnReplies> {
    // What Redis did not take before goes by itself: then its refusal is the connection's to hear.
    if (this.#again.length === 0) this.#cancel();
    const changes = this.#taken();
    return sizeOf(changes) > 0 || isAnyRead(reads) ? this.#send(changes, reads) : NOTHING_SAID;
  }

  /** Nothing of the user or cluster until now is said after this. */
  async forget(subject: Subject): Promise<void> {
    await Promise.all(this.#underWay);
    this.#open = without(subject, this.#open);
    this.#again = this.#again.map((batch) => without(subject, batch));
  }

  /** What Redis does not take now, it is not told. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#flush();
    await Promise.all(this.#underWay);
  }

  #change(decisionId: string, subjects: readonly Subject[], entry: string): void {
    for (const subject of subjects) {
      this.#open.keys.push(historyKey(subject));
      this.#open.offers.push(entry);
    }
    this.leave(decisionId, subjects);
  }

  /** In commands of their own. */
  #flush(): void {
    this.#sendAgain();
    this.#sendAlone(this.#taken());
  }

  #sendAgain(): void {
    this.#cancel();
    const batches = this.#again;
    this.#again = [];
    for (const batch of batches) this.#sendAlone(batch);
  }

  #sendAlone(batch: Batch): void {
    if (sizeOf(batch) > 0) this.#send(batch, NOTHING_READ).catch(() => undefined);
  }

  #taken(): Batch {
    const batch = this.#open;
    if (sizeOf(batch) > 0) this.#open = emptyBatch();
    return batch;
  }

  #send(changes: Batch, reads: Omit<TurnCalls, "changes">): Promise<TurnReplies> {
    const answer = this.#connection.run((redis) => runTurn(redis, { changes, ...reads }));
    if (sizeOf(changes) > 0) this.#follow(changes, answer);
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

  /** A busy process is late: what it is about to read takes the rest along. */
  #due(): void {
    this.#sendAgain();
    this.#askForTurn();
  }

  #cancel(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
  }

  #flushIn(ms: number): void {
    if (!this.#closed) this.#timer ??= setTimeout(() => this.#due(), ms).unref();
  }
}

function emptyBatch(): Batch {
  return { left: [], keys: [], offers: [] };
}

function isAnyRead({ rows, histories }: Omit<TurnCalls, "changes">): boolean {
  return rows.keys.length > 0 || histories.keys.length > 0;
}

/** Of whatever ends, a place does. */
function sizeOf({ left }: Changes): number {
  return left.length;
}

function without(subject: Subject, { left, keys, offers }: Batch): Batch {
  const key = historyKey(subject);
  const field = `${placesField(subject)} `;
  return {
    left: left.filter((text) => !text.startsWith(field)),
    keys: keys.filter((other) => other !== key),
    offers: offers.filter((_, i) => keys[i] !== key),
  };
}
