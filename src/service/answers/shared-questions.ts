/**
 * One answer to a question, whichever replica is asked. A replica claims the question in the turn in which it reads the
 * user, decides, and publishes before it tells; others that are asked meanwhile wait for that. While the store of
 * answers is down every replica answers for itself: no call fails for it.
 */
import type { AnswerStore, Claim, Held, Published } from "../../core/answer-ports.ts";
import { LiftgateError } from "../../core/errors.ts";

/** A decision takes a few milliseconds. */
const ASK_AGAIN_MS = 20;

export interface SharedQuestionsParts {
  readonly store: AnswerStore;
  readonly newId: () => string;
  readonly pause: (ms: number) => Promise<unknown>;
  /** The store did not answer, and nothing was shared. */
  readonly trouble: (code: "answer_store_unavailable") => void;
}

export interface SharedQuestion {
  readonly key: string;
  readonly fingerprint: string;
  /** How long its answer stands. */
  readonly keptMs: number;
}

/** `forgotten`: there was an answer, and it was deleted. While the store is down every question is new. */
export type ClaimQuestion = () => Promise<"new" | "forgotten">;

/** What was decided here. */
export interface Answered {
  /** Null: for this request only, nobody else is to be told. */
  readonly text: string | null;
  /** Another answer stands: what was decided here was told to nobody. */
  readonly withdraw: () => Promise<void>;
  /** The store is down: it is told without the others knowing. */
  readonly toldAlone?: () => void;
}

/** The question is somebody else's: what was begun for it ends. */
class HeldElsewhere extends Error {
  readonly claim: Claim;
  readonly held: Exclude<Held, { kind: "mine" }>;

  constructor(claim: Claim, held: Exclude<Held, { kind: "mine" }>) {
    super("the question is answered elsewhere");
    this.claim = claim;
    this.held = held;
  }
}

export class SharedQuestions {
  readonly #parts: SharedQuestionsParts;

  constructor(parts: SharedQuestionsParts) {
    this.#parts = parts;
  }

  /**
   * Another replica's answer; null where `decide` made the one that stands.
   *
   * @param decide calls `claim` in the turn in which it reads, before it decides anything; what that throws it throws
   */
  async answer(
    question: SharedQuestion,
    decide: (claim: ClaimQuestion) => Promise<Answered>,
  ): Promise<Published | null> {
    const { key, fingerprint } = question;
    const claim = { fingerprint, claimId: this.#parts.newId() };
    for (;;) {
      try {
        const answered = await decide(() => this.#claim(key, claim));
        return await this.#publish(question, claim, answered);
      } catch (error) {
        if (!(error instanceof HeldElsewhere && error.claim === claim)) {
          await this.#tolerate(() => this.#parts.store.giveUp(key, claim));
          throw error;
        }
        if (error.held.kind === "answered") return error.held;
        if (error.held.fingerprint !== fingerprint) return { fingerprint: error.held.fingerprint, answer: "" };
        await this.#parts.pause(ASK_AGAIN_MS);
      }
    }
  }

  /** What stands, where an answer is known here already: it is published unless there is another. */
  async confirm(
    { key, fingerprint, keptMs }: SharedQuestion,
    { text, toldAlone }: { readonly text: string; readonly toldAlone: () => void },
  ): Promise<Published | null> {
    const claim = { fingerprint, claimId: this.#parts.newId() };
    return await this.#tolerate(() => this.#parts.store.publish(key, claim, { text, keptMs }), toldAlone);
  }

  /** Whoever is asked next decides anew. Throws `answer_store_unavailable`. */
  async forget({ key, keptMs }: Omit<SharedQuestion, "fingerprint">): Promise<void> {
    await this.#parts.store.forget(key, keptMs);
  }

  async #claim(key: string, claim: Claim): Promise<"new" | "forgotten"> {
    const held = await this.#tolerate(() => this.#parts.store.claim(key, claim));
    if (held === null) return "new";
    if (held.kind !== "mine") throw new HeldElsewhere(claim, held);
    return held.was;
  }

  async #publish(
    { key, keptMs }: SharedQuestion,
    claim: Claim,
    { text, withdraw, toldAlone }: Answered,
  ): Promise<Published | null> {
    if (text === null) {
      await this.#tolerate(() => this.#parts.store.giveUp(key, claim));
      return null;
    }
    const other = await this.#tolerate(() => this.#parts.store.publish(key, claim, { text, keptMs }), toldAlone);
    if (other !== null) await withdraw();
    return other;
  }

  /** Null where the store is down. */
  async #tolerate<T>(call: () => Promise<T>, whenDown: () => void = () => undefined): Promise<T | null> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof LiftgateError && error.code === "answer_store_unavailable")) throw error;
      this.#parts.trouble("answer_store_unavailable");
      whenDown();
      return null;
    }
  }
}
