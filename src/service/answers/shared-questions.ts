/**
 * One answer to a question, whichever replica is asked. A replica claims the question in the turn in which it reads the
 * user, decides, and publishes before it tells; others that are asked meanwhile wait for that. While the store of
 * answers is down every replica answers for itself, so that no call fails for it; or none answers, so that no question
 * has two answers. Either way what could not be published is published once the store is back.
 */
import type { AnswerStore, Claim, Held, Published } from "../../core/answer-ports.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { UnsharedAnswers } from "./unshared-answers.ts";

/** A decision takes a few milliseconds. */
const ASK_AGAIN_MS = 20;

/** What is told while the store is down: what one replica knows (`available`), or nothing (`exact`). */
export type WhenDown = "available" | "exact";

export interface SharedQuestionsParts {
  readonly store: AnswerStore;
  readonly unshared: Pick<UnsharedAnswers, "add">;
  readonly whenDown: WhenDown;
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

/** `forgotten`: there was an answer, and it was deleted. While the store is down every question that is taken is new. */
export type ClaimQuestion = () => Promise<"new" | "forgotten">;

/** What was decided here. */
export interface Answered {
  /** Null: for this request only, nobody else is to be told. */
  readonly text: string | null;
  /** Another answer stands: what was decided here was told to nobody. */
  readonly withdraw: () => Promise<void>;
  /** The store is down: it is told without the others knowing, once this is kept. Absent: they never need to. */
  readonly toldAlone?: () => Promise<void>;
}

/** What the log has as the answer; it may not have been told. */
export interface KnownAnswer extends Answered {
  readonly text: string;
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
   * @throws LiftgateError `answer_store_unavailable` where nothing may be told while the store is down
   */
  async answer(
    question: SharedQuestion,
    decide: (claim: ClaimQuestion) => Promise<Answered>,
  ): Promise<Published | null> {
    const { key, fingerprint } = question;
    const claim = { fingerprint, claimId: this.#parts.newId() };
    for (;;) {
      try {
        return await this.#publish(question, claim, await this.#decide(key, claim, decide));
      } catch (error) {
        if (!isHeld(error, claim)) throw error;
        if (error.held.kind === "answered") return error.held;
        if (error.held.fingerprint !== fingerprint) return { fingerprint: error.held.fingerprint, answer: "" };
        await this.#parts.pause(ASK_AGAIN_MS);
      }
    }
  }

  /**
   * What stands, where an answer is known here already: it is published unless there is another.
   *
   * @throws LiftgateError `answer_store_unavailable` where nothing may be told while the store is down
   */
  async confirm(question: SharedQuestion, known: KnownAnswer): Promise<Published | null> {
    const claim = { fingerprint: question.fingerprint, claimId: this.#parts.newId() };
    return await this.#publish(question, claim, known);
  }

  /** Whoever is asked next decides anew. Throws `answer_store_unavailable`. */
  async forget({ key, keptMs }: Omit<SharedQuestion, "fingerprint">): Promise<void> {
    await this.#parts.store.forget(key, keptMs);
  }

  /** A question that could not be decided is anybody's; one that was decided is kept from the others until it is published. */
  async #decide(key: string, claim: Claim, decide: (claim: ClaimQuestion) => Promise<Answered>): Promise<Answered> {
    try {
      return await decide(() => this.#claim(key, claim));
    } catch (error) {
      if (!isHeld(error, claim)) await this.#giveUp(key, claim);
      throw error;
    }
  }

  async #claim(key: string, claim: Claim): Promise<"new" | "forgotten"> {
    const held = await this.#tolerate(
      () => this.#parts.store.claim(key, claim),
      (unavailable) => {
        if (this.#parts.whenDown === "exact") throw unavailable;
        return null;
      },
    );
    if (held === null) return "new";
    if (held.kind !== "mine") throw new HeldElsewhere(claim, held);
    return held.was;
  }

  async #publish(question: SharedQuestion, claim: Claim, answered: Answered): Promise<Published | null> {
    const { key, keptMs } = question;
    const { text, withdraw } = answered;
    if (text === null) {
      await this.#giveUp(key, claim);
      return null;
    }
    const other = await this.#tolerate(
      () => this.#parts.store.publish(key, claim, { text, keptMs }),
      (unavailable) => this.#leaveUnshared(question, { ...answered, text }, unavailable),
    );
    if (other !== null) await withdraw();
    return other;
  }

  /** It may be published or not. Told, it stands whatever others told; untold, it is void where there is another answer. */
  async #leaveUnshared(question: SharedQuestion, known: KnownAnswer, unavailable: LiftgateError): Promise<null> {
    const { whenDown, unshared } = this.#parts;
    const { text, withdraw, toldAlone } = known;
    if (whenDown === "exact") {
      unshared.add({ question, text, beaten: withdraw });
      throw unavailable;
    }
    if (toldAlone === undefined) return null;
    await toldAlone();
    unshared.add({ question, text, beaten: async () => undefined });
    return null;
  }

  async #giveUp(key: string, claim: Claim): Promise<void> {
    await this.#tolerate(
      () => this.#parts.store.giveUp(key, claim),
      () => undefined,
    );
  }

  async #tolerate<T, U>(call: () => Promise<T>, whenDown: (unavailable: LiftgateError) => U): Promise<T | Awaited<U>> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof LiftgateError && error.code === "answer_store_unavailable")) throw error;
      this.#parts.trouble("answer_store_unavailable");
      return await whenDown(error);
    }
  }
}

function isHeld(error: unknown, claim: Claim): error is HeldElsewhere {
  return error instanceof HeldElsewhere && error.claim === claim;
}
