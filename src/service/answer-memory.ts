/**
 * Idempotency within one process: a requestId that comes again with the same body gets the same
 * bytes, one under way is joined, and one with another body is refused.
 *
 * Bounded by count, the oldest out first; what falls out is decided anew. A decision that failed is
 * not remembered, so a retry is a real try.
 */
import { LiftgateError } from "../core/errors.ts";

/** About 1 KiB an answer: 50 MiB at most. */
const ANSWERS_MAX = 50_000;

export interface Asked {
  /** Caller, program and requestId: whose retry it would be. */
  readonly key: string;
  /** The body in text, as it was parsed. */
  readonly body: string;
}

/** Two strings once it is answered: long-lived objects are what the garbage collector pays for. */
interface Remembered {
  readonly body: string;
  readonly answer: string | Promise<string>;
}

export class AnswerMemory {
  readonly #answers = new Map<string, Remembered>();
  /** A ring of the keys in the order of asking. (A map's own first key is behind the holes of all that left.) */
  readonly #keys: string[] = [];
  #next = 0;
  readonly #onRetry: () => void;

  constructor(onRetry: () => void) {
    this.#onRetry = onRetry;
  }

  /**
   * The remembered answer, or the one that `decide` makes now.
   *
   * @throws LiftgateError `idempotency_mismatch`
   */
  once(asked: Asked, decide: () => Promise<string>): string | Promise<string> {
    const known = this.#answers.get(asked.key);
    if (known === undefined) return this.#decideNow(asked, decide);
    if (known.body !== asked.body) throw new LiftgateError("idempotency_mismatch");
    this.#onRetry();
    return known.answer;
  }

  #decideNow({ key, body }: Asked, decide: () => Promise<string>): Promise<string> {
    this.#makeRoomFor(key);
    const underWay = decide();
    this.#answers.set(key, { body, answer: underWay });
    underWay.then(
      (answer) => this.#answers.set(key, { body, answer }),
      () => this.#answers.delete(key),
    );
    return underWay;
  }

  #makeRoomFor(key: string): void {
    const oldest = this.#keys[this.#next];
    if (oldest !== undefined) this.#answers.delete(oldest);
    this.#keys[this.#next] = key;
    this.#next = (this.#next + 1) % ANSWERS_MAX;
  }
}
