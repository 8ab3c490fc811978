/**
 * Idempotency: a requestId that comes again with the same question gets the same bytes, one under way is joined, and
 * one with another question is refused.
 *
 * The latest answers are in memory, bounded by bytes. What fell out, and what a process before this one answered, is
 * found in the log. A decision that failed is not remembered, so a retry is a real try.
 */
import type { RecordedQuestion } from "../core/domain/record.ts";
import { LiftgateError } from "../core/errors.ts";
import { murmur3x86x128 } from "../core/numerics/murmur3.ts";
import type { AnsweredQuestion } from "./log-index.ts";
import { TextRing } from "./text-ring.ts";
import { UnderWay } from "./under-way.ts";

/** Some 40,000 answers. */
const RING_BYTES = 32 * 1024 * 1024;

export interface Asked {
  /** Caller, program and requestId: whose retry it would be. */
  readonly key: string;
  readonly question: RecordedQuestion;
}

/** How a question is answered that is not in memory. */
export interface Answering {
  /** The decision that it was answered with before; null: it is new. */
  readonly before: () => AnsweredQuestion | null;
  /** The answer once more, from the log; null: the log has no such decision any more. */
  readonly again: (decisionId: string) => Promise<object | null>;
  readonly decide: () => Promise<object>;
}

interface Deciding {
  readonly fingerprint: string;
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
   * The JSON text of the answer: as remembered, as it was logged, or as it is decided now.
   *
   * @throws LiftgateError `idempotency_mismatch`
   */
  once(asked: Asked, answering: Answering): string | Promise<string> {
    const [hash] = murmur3x86x128(asked.key);
    const known = this.#underWay.get(asked.key, hash) ?? this.#answered.get(asked.key, hash);
    if (known !== undefined) {
      this.#retry(known, asked);
      return known.answer;
    }
    const before = answering.before();
    if (before !== null) this.#retry(before, asked);
    const answer = this.#answer(asked, hash, async () => {
      const again = before === null ? null : await answering.again(before.decisionId);
      return again ?? (await answering.decide());
    });
    this.#underWay.add(asked.key, hash, { fingerprint: asked.question.fingerprint, answer });
    return answer;
  }

  #retry({ fingerprint }: { readonly fingerprint: string }, { question }: Asked): void {
    if (fingerprint !== question.fingerprint) throw new LiftgateError("idempotency_mismatch");
    this.#onRetry();
  }

  async #answer({ key, question }: Asked, hash: number, find: () => Promise<object>): Promise<string> {
    try {
      const answer = JSON.stringify(await find());
      this.#answered.set(key, hash, { fingerprint: question.fingerprint, answer });
      return answer;
    } finally {
      this.#underWay.delete(key, hash);
    }
  }
}
