/**
 * What became of decisions, on its way to Redis. Nobody waits for it: until it is there the decision's place counts for
 * it. So it goes along with what is read next, or soon by itself where nothing is, and what Redis did not take is said
 * again until it did. Said twice, or late, it counts too many offers at worst, never too few.
 */
import type { KeptOffer, Subject } from "../../core/domain/offer.ts";
import type { RedisConnection } from "./connection.ts";
import { offerLine, subjectName } from "./history-entry.ts";
import { runTurn, type TurnCalls, type TurnReplies } from "./turn-command.ts";

/** Redis serves nobody else while it runs one command: some 0.5 ms for so many. */
const CHANGES_PER_COMMAND_MAX = 256;
/** How long a decision's place may be in the way of the user's next decision on another replica. */
const GATHERED_MS = 5;
const AGAIN_MS = 250;
/** Beyond these the oldest batch is given up: its places go on counting. */
const WAITING_BATCHES_MAX = 1_000;

/**
 * What one command says, for each subject of a decision:
 *
 *     user:u1 019aa8e1-…                                       its place goes
 *     user:u1 019aa8e1-… 2592000000 019aa8e1-… 1798200000000 … its place becomes an offer, kept for so many milliseconds
 *     user:u1 019aa8e1-… back                                  its place and its offer go
 */
type Batch = readonly string[];

const NOTHING_READ = { rows: { keys: [], bytesMax: [] }, histories: { asked: [], atMs: 0 } } as const;
const NOTHING_SAID: Promise<TurnReplies> = Promise.resolve({ refusal: null, rows: [], histories: [] });

export class Settlements {
  readonly #connection: RedisConnection;
  readonly #askForTurn: () => void;
  #open: string[] = [];
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
    this.#say(`${offer.decisionId} ${offer.keepUntilMs - offer.decidedAtMs} ${offerLine(offer)}`, subjects);
  }

  /** The decision's place goes. */
  leave(decisionId: string, subjects: readonly Subject[]): void {
    this.#say(decisionId, subjects);
  }

  /** The decision's offer goes, and its place if it is still there. */
  takeBack(decisionId: string, subjects: readonly Subject[]): void {
    this.#say(`${decisionId} back`, subjects);
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
    return changes.length > 0 || isAnyRead(reads) ? this.#send(changes, reads) : NOTHING_SAID;
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

  #say(change: string, subjects: readonly Subject[]): void {
    for (const subject of subjects) this.#open.push(`${subjectName(subject)} ${change}`);
    if (this.#open.length >= CHANGES_PER_COMMAND_MAX) this.#flush();
    else this.#flushIn(GATHERED_MS);
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
    if (batch.length > 0) this.#send(batch, NOTHING_READ).catch(() => undefined);
  }

  #taken(): Batch {
    const batch = this.#open;
    if (batch.length > 0) this.#open = [];
    return batch;
  }

  #send(changes: Batch, reads: Omit<TurnCalls, "changes">): Promise<TurnReplies> {
    const answer = this.#connection.run((redis) => runTurn(redis, { changes, ...reads }));
    if (changes.length > 0) this.#follow(changes, answer);
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

function isAnyRead({ rows, histories }: Omit<TurnCalls, "changes">): boolean {
  return rows.keys.length > 0 || histories.asked.length > 0;
}

function without(subject: Subject, batch: Batch): string[] {
  const name = `${subjectName(subject)} `;
  return batch.filter((change) => !change.startsWith(name));
}
