/**
 * Idempotency within one process: a requestId that comes again with the same body gets the same
 * bytes, one under way is joined, and one with another body is refused.
 *
 * Bounded by bytes, the oldest out first; what falls out is decided anew. A decision that failed is
 * not remembered, so a retry is a real try.
 */
import { LiftgateError } from "../core/errors.ts";
import { TextRing } from "./text-ring.ts";

/** Some 40,000 answers. */
const RING_BYTES = 32 * 1024 * 1024;

export interface Asked {
  /** Caller, program and requestId: whose retry it would be. */
  readonly key: string;
  /** The body in text, as it was parsed. */
  readonly body: string;
}

/** A decision under way. */
interface UnderWay {
  readonly body: string;
  readonly answer: Promise<string>;
}

export class AnswerMemory {
  readonly #underWay = new Map<string, UnderWay>();
  readonly #answered: TextRing;
  readonly #onRetry: () => void;

  constructor(onRetry: () => void, ringBytes = RING_BYTES) {
    this.#onRetry = onRetry;
    this.#answered = new TextRing(ringBytes);
  }

  /**
   * The JSON text of the answer: as remembered, or as `decide` makes it now.
   *
   * @throws LiftgateError `idempotency_mismatch`
   */
  once(asked: Asked, decide: () => Promise<object>): string | Promise<string> {
    const known = this.#underWay.get(asked.key) ?? this.#answered.get(asked.key);
    if (known === undefined) {
      const answer = this.#decideNow(asked, decide);
      this.#underWay.set(asked.key, { body: asked.body, answer });
      return answer;
    }
    if (known.body !== asked.body) throw new LiftgateError("idempotency_mismatch");
    this.#onRetry();
    return known.answer;
  }

  async #decideNow({ key, body }: Asked, decide: () => Promise<object>): Promise<string> {
    try {
      const answer = JSON.stringify(await decide());
      this.#answered.set(key, { body, answer });
      return answer;
    } finally {
      this.#underWay.delete(key);
    }
  }
}
