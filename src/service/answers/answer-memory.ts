/**
 * Idempotency: a requestId that comes again with the same question gets the same bytes, one under way is joined, and
 * one with another question is refused.
 *
 * The latest answers are in memory, bounded by bytes. What fell out, and what a process before this one answered, is
 * found in the log; what other replicas answered, in the store that they share. A decision that failed is not
 * remembered, so a retry is a real try.
 */
import type { RecordedQuestion } from "../../core/domain/record.ts";
import { LiftgateError } from "../../core/errors.ts";
import { murmur3x86x128 } from "../../core/numerics/murmur3.ts";
import type { AnsweredQuestion } from "../log-index.ts";
import type { SharedQuestions } from "./shared-questions.ts";
import { TextRing } from "./text-ring.ts";
import { UnderWay } from "./under-way.ts";

/** Some 40,000 answers. */
const RING_BYTES = 32 * 1024 * 1024;
/** Retries are promised the same answer for so long, whichever replica is asked. */
const SHARED_MS = 72 * 3_600_000;

export interface Asked {
  /** Caller, program and requestId: whose retry it would be. */
  readonly key: string;
  readonly question: RecordedQuestion;
}

/** How a question is answered that is not in memory. */
export interface Answering<Answer extends object> {
  /** The decision that it was answered with before; null: it is new. */
  readonly before: () => AnsweredQuestion | null;
  /** The answer once more, from the log; null: the log has no such decision any more. */
  readonly again: (decisionId: string) => Promise<Answer | null>;
  /** @param claims called in the turn in which the user is read; none where there is nobody to claim it from */
  readonly decide: (claims: readonly (() => Promise<unknown>)[]) => Promise<Answer>;
  /** What was decided was told to nobody, and never will be. */
  readonly withdraw: (answer: Answer) => Promise<void>;
  /** It is told once this is kept, and other replicas cannot know of it: it is never withdrawn. */
  readonly toldAlone: (answer: Answer) => Promise<void>;
}

export interface AnswerMemoryOptions {
  readonly onRetry: () => void;
  /** Null: there are no other replicas. */
  readonly shared: SharedQuestions | null;
  readonly ringBytes?: number;
}

interface Deciding {
  readonly fingerprint: string;
  readonly answer: Promise<string>;
}

export class AnswerMemory {
  readonly #underWay = new UnderWay<Deciding>();
  readonly #answered: TextRing;
  readonly #onRetry: () => void;
  readonly #shared: SharedQuestions | null;

  constructor({ onRetry, shared, ringBytes = RING_BYTES }: AnswerMemoryOptions) {
    this.#onRetry = onRetry;
    this.#shared = shared;
    this.#answered = new TextRing(ringBytes);
  }

  /**
   * The JSON text of the answer: as remembered, as it was logged, as another replica told it, or as it is decided now.
   *
   * @throws LiftgateError `idempotency_mismatch`
   */
  once<Answer extends object>(asked: Asked, answering: Answering<Answer>): string | Promise<string> {
    const [hash] = murmur3x86x128(asked.key);
    const known = this.#underWay.get(asked.key, hash) ?? this.#answered.get(asked.key, hash);
    if (known !== undefined) {
      this.#retry(known, asked);
      return known.answer;
    }
    const before = answering.before();
    if (before !== null) this.#retry(before, asked);
    const answer = this.#remember(asked, hash, this.#find(asked, before, answering));
    this.#underWay.add(asked.key, hash, { fingerprint: asked.question.fingerprint, answer });
    return answer;
  }

  #retry({ fingerprint }: { readonly fingerprint: string }, { question }: Asked): void {
    if (fingerprint !== question.fingerprint) throw new LiftgateError("idempotency_mismatch");
    this.#onRetry();
  }

  async #remember({ key, question }: Asked, hash: number, finding: Promise<string>): Promise<string> {
    try {
      const answer = await finding;
      this.#answered.set(key, hash, { fingerprint: question.fingerprint, answer });
      return answer;
    } finally {
      this.#underWay.delete(key, hash);
    }
  }

  async #find<Answer extends object>(
    asked: Asked,
    before: AnsweredQuestion | null,
    answering: Answering<Answer>,
  ): Promise<string> {
    const again = before === null ? null : await answering.again(before.decisionId);
    if (this.#shared === null) return JSON.stringify(again ?? (await answering.decide([])));
    if (again !== null) {
      const wasToldAlone = before?.wasToldAlone === true;
      return await this.#confirm(this.#shared, asked, { again, wasToldAlone, answering });
    }
    let text = "";
    const other = await this.#shared.answer(questionIn(asked), async (claim) => {
      const answer = await answering.decide([claim]);
      text = JSON.stringify(answer);
      return { text, withdraw: () => answering.withdraw(answer), toldAlone: () => answering.toldAlone(answer) };
    });
    if (other === null) return text;
    this.#retry(other, asked);
    return other.answer;
  }

  /**
   * What the log says stands, unless another replica answered while this one was away: then nobody was told this. What
   * was told while Redis was away stands here whatever others told.
   */
  async #confirm<Answer extends object>(
    shared: SharedQuestions,
    asked: Asked,
    { again, wasToldAlone, answering }: { again: Answer; wasToldAlone: boolean; answering: Answering<Answer> },
  ): Promise<string> {
    const text = JSON.stringify(again);
    const other = await shared.confirm(questionIn(asked), {
      text,
      withdraw: async () => (wasToldAlone ? undefined : await answering.withdraw(again)),
      toldAlone: () => answering.toldAlone(again),
    });
    return other === null || wasToldAlone ? text : other.answer;
  }
}

function questionIn({ key, question }: Asked) {
  return { key, fingerprint: question.fingerprint, keptMs: SHARED_MS };
}
