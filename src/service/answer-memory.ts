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

interface Remembered {
  readonly body: object;
  readonly answer: Promise<string>;
}

export interface Asked {
  /** Caller, program and requestId: whose retry it would be. */
  readonly key: string;
  /** The body as parsed, without the requestId. Not to be changed afterwards. */
  readonly body: object;
}

export class AnswerMemory {
  /** In the order of first asking. */
  readonly #answers = new Map<string, Remembered>();
  readonly #onRetry: () => void;

  constructor(onRetry: () => void) {
    this.#onRetry = onRetry;
  }

  /**
   * The remembered answer, or the one that `decide` makes now.
   *
   * @throws LiftgateError `idempotency_mismatch`
   */
  once({ key, body }: Asked, decide: () => Promise<string>): Promise<string> {
    const known = this.#answers.get(key);
    if (known === undefined) return this.#remember(key, { body, answer: decide() });
    if (JSON.stringify(known.body) !== JSON.stringify(body)) throw new LiftgateError("idempotency_mismatch");
    this.#onRetry();
    return known.answer;
  }

  #remember(key: string, asked: Remembered): Promise<string> {
    if (this.#answers.size >= ANSWERS_MAX) this.#forgetOldest();
    this.#answers.set(key, asked);
    asked.answer.catch(() => this.#answers.delete(key));
    return asked.answer;
  }

  #forgetOldest(): void {
    for (const key of this.#answers.keys()) {
      this.#answers.delete(key);
      return;
    }
  }
}
