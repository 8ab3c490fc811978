/**
 * Answers that could not be published because the store that replicas share was down: published as soon as it is back,
 * so that whoever is asked again then tells the same.
 */
import type { AnswerStore } from "../../core/answer-ports.ts";
import { LiftgateError } from "../../core/errors.ts";
import { BackgroundWork } from "../background-work.ts";
import type { Timer } from "../budget/budget-holder.ts";
import type { SharedQuestion } from "./shared-questions.ts";

/** Some 50 MB. The oldest go first: they are published when somebody asks for them here. */
const WAITING_MAX = 50_000;
/** Published together; decisions come between. */
const GROUP = 128;
/** While something waits the store is tried so often. A call while it is known to be down costs nothing. */
const TRY_MS = 100;

export interface UnsharedAnswer {
  readonly question: SharedQuestion;
  readonly text: string;
  /** Another answer stands. */
  readonly beaten: () => Promise<void>;
}

export interface UnsharedAnswersParts {
  readonly store: Pick<AnswerStore, "publish">;
  readonly newId: () => string;
  readonly timer: Timer;
  /** It is tried again. */
  readonly failed: (cause: unknown) => void;
}

export class UnsharedAnswers {
  readonly #parts: UnsharedAnswersParts;
  readonly #work: BackgroundWork;
  /** By the question's key, the oldest first. */
  readonly #waiting = new Map<string, UnsharedAnswer>();

  constructor(parts: UnsharedAnswersParts) {
    const { timer, failed } = parts;
    this.#parts = parts;
    this.#work = new BackgroundWork({ work: () => this.#publishAll(), idleMs: TRY_MS, timer, failed });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  add(answer: UnsharedAnswer): void {
    this.#waiting.set(answer.question.key, answer);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > WAITING_MAX && oldest !== undefined) this.#waiting.delete(oldest);
    this.#work.wake();
  }

  /** What waits is left to whoever asks for it. */
  async close(): Promise<void> {
    await this.#work.close();
  }

  async #publishAll(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#work.isClosed) {
      const group = [...this.#waiting.values()].slice(0, GROUP);
      const done = await Promise.all(group.map((answer) => this.#publish(answer)));
      if (done.includes(false)) return;
    }
  }

  /** False where it has to wait. */
  async #publish(answer: UnsharedAnswer): Promise<boolean> {
    const { store, newId } = this.#parts;
    const { question, text, beaten } = answer;
    const { key, fingerprint, keptMs } = question;
    try {
      const other = await store.publish(key, { fingerprint, claimId: newId() }, { text, keptMs });
      if (other !== null) await beaten();
    } catch (error) {
      if (error instanceof LiftgateError) return false;
      throw error;
    }
    if (this.#waiting.get(key) === answer) this.#waiting.delete(key);
    return true;
  }
}
