/**
 * Idempotency within one process: a requestId that comes again with the same question gets the same
 * bytes, one under way is joined, and one with another question is refused.
 *
 * Bounded by bytes, the oldest out first; what falls out is decided anew. A decision that failed is
 * not remembered, so a retry is a real try.
 */
import { asksTheSame } from "../contract/decide.ts";
import { LiftgateError } from "../core/errors.ts";
import { murmur3x86x128 } from "../core/numerics/murmur3.ts";
import { TextRing } from "./text-ring.ts";
import { UnderWay } from "./under-way.ts";

/** Some 40,000 answers. */
const RING_BYTES = 32 * 1024 * 1024;

export interface Asked {
  /** Caller, program and requestId: whose retry it would be. */
  readonly key: string;
  /** The request's body as it came: JSON that was found right. */
  readonly body: Uint8Array;
}

interface Deciding {
  readonly body: Uint8Array;
  readonly answer: Promise<string>;
}

export class AnswerMemory {
  readonly #underWay = new UnderWay<Deciding>();
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
    const [hash] = murmur3x86x128(asked.key);
    const known = this.#underWay.get(asked.key, hash) ?? this.#answered.get(asked.key, hash);
    if (known === undefined) {
      const answer = this.#decideNow(asked, hash, decide);
      this.#underWay.add(asked.key, hash, { body: asked.body, answer });
      return answer;
    }
    if (!asksTheSame(known.body, asked.body)) throw new LiftgateError("idempotency_mismatch");
    this.#onRetry();
    return known.answer;
  }

  async #decideNow({ key, body }: Asked, hash: number, decide: () => Promise<object>): Promise<string> {
    try {
      const answer = JSON.stringify(await decide());
      this.#answered.set(key, hash, { body, answer });
      return answer;
    } finally {
      this.#underWay.delete(key, hash);
    }
  }
}
