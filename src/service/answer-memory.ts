/**
 * Idempotency within one process: a requestId that comes again with the same body gets the same
 * bytes, one under way is joined, and one with another body is refused.
 *
 * Bounded by count; what falls out is decided anew. A decision that failed is not remembered, so a
 * retry is a real try.
 */
import { LRUCache } from "lru-cache";
import { LiftgateError } from "../core/errors.ts";

/** About 1 KiB an answer: 50 MiB at most. */
const ANSWERS_MAX = 50_000;

interface Remembered {
  readonly fingerprint: string;
  readonly answer: Promise<string>;
}

export interface Asked {
  /** Caller, program and requestId: whose retry it would be. */
  readonly key: string;
  /** The body as parsed, in text. */
  readonly fingerprint: string;
}

export class AnswerMemory {
  readonly #answers = new LRUCache<string, Remembered>({ max: ANSWERS_MAX });
  readonly #onRetry: () => void;

  constructor(onRetry: () => void) {
    this.#onRetry = onRetry;
  }

  /**
   * The remembered answer, or the one that `decide` makes now.
   *
   * @throws LiftgateError `idempotency_mismatch`
   */
  once({ key, fingerprint }: Asked, decide: () => Promise<string>): Promise<string> {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) throw new LiftgateError("idempotency_mismatch");
      this.#onRetry();
      return known.answer;
    }
    const answer = decide();
    this.#answers.set(key, { fingerprint, answer });
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }
}
