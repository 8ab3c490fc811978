/**
 * Decisions that hold for a user for a window: drawn and logged once, and told again until the window is over. Requests
 * that come while it is made wait for it, on whichever replica.
 */
import type { DecideAnswer, DecideRequest } from "../../contract/decide.ts";
import { NO_OFFER, type Program } from "../../core/domain/program.ts";
import { findProgram, windowOf } from "../admit.ts";
import type { LogIndex, StickyName } from "../log-index.ts";
import type { DecisionServices } from "../services.ts";
import type { SharedQuestion, SharedQuestions } from "./shared-questions.ts";

export interface StickyParts {
  readonly services: Pick<DecisionServices, "programs" | "nowMs" | "newId" | "pseudonym" | "metrics">;
  readonly index: Pick<LogIndex, "sticky" | "keepSticky" | "forgetSticky">;
  /** Null: there are no other replicas. */
  readonly shared: SharedQuestions | null;
}

interface Asked {
  readonly program: Program;
  readonly body: DecideRequest;
}

/** Calls to be made in the turn in which the user is read, before anything is decided. */
export type Claims = readonly (() => Promise<unknown>)[];

/** How a decision is made, and taken back when another stands. */
export interface Making {
  /** Those of the request itself. */
  readonly claims: Claims;
  readonly decide: (claims: Claims) => Promise<DecideAnswer>;
  readonly withdraw: (answer: DecideAnswer) => Promise<void>;
}

/** Whoever asks in the window asks the same. */
const SAME_QUESTION = "sticky";

export class StickyAnswers {
  readonly #parts: StickyParts;
  /** By what names user and window: those that are being made. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(parts: StickyParts) {
    this.#parts = parts;
  }

  /** The answer that holds for the user now, or the one that is made. */
  answer(body: DecideRequest, making: Making): Promise<DecideAnswer> {
    const { programs, nowMs, pseudonym } = this.#parts.services;
    const program = findProgram({ programs }, body.programId);
    const window = windowOf(program, body.userId, nowMs());
    if (window === null || program.state === "paused") return making.decide(making.claims);
    return this.#answerIn({ program: program.id, user: pseudonym(body.userId), window }, { program, body }, making);
  }

  /** The next request of the user is decided anew, on every replica. Throws `answer_store_unavailable`. */
  async forget(name: StickyName, program: Program): Promise<void> {
    await this.#parts.shared?.forget(questionOf(name, program));
    this.#parts.index.forgetSticky(name);
  }

  async #answerIn(name: StickyName, asked: Asked, making: Making): Promise<DecideAnswer> {
    const key = keyOf(name);
    // What fails is tried again by whoever waited for it, one after the other.
    for (let other = this.#underWay.get(key); other !== undefined; other = this.#underWay.get(key)) await other;
    const made = this.#tellOrMake(name, asked, making);
    this.#underWay.set(
      key,
      made.catch(() => undefined),
    );
    try {
      return await made;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #tellOrMake(name: StickyName, asked: Asked, making: Making): Promise<DecideAnswer> {
    const { shared, index } = this.#parts;
    const made =
      shared === null ? await this.#makeHere(name, asked, making) : await this.#share(shared, name, asked, making);
    if (made !== null) return made;
    const text = index.sticky(name);
    return text === null ? await making.decide(making.claims) : await this.#tell(text, asked, making);
  }

  /** Null where something holds already. */
  async #makeHere(name: StickyName, { program }: Asked, making: Making): Promise<DecideAnswer | null> {
    const text = this.#parts.index.sticky(name);
    if (text !== null && isOf(answerIn(text), program)) return null;
    // It was taken out of the program: another takes its place.
    if (text !== null) await this.forget(name, program);
    return await making.decide(making.claims);
  }

  /** Null where something holds, here or elsewhere: it is in the index. */
  async #share(
    shared: SharedQuestions,
    name: StickyName,
    { program }: Asked,
    making: Making,
  ): Promise<DecideAnswer | null> {
    const { index } = this.#parts;
    const known = index.sticky(name);
    if (known !== null && !isOf(answerIn(known), program)) await this.forget(name, program);
    let made: DecideAnswer | null = null;
    const other = await shared.answer(questionOf(name, program), async (claim) => {
      const own = index.sticky(name);
      // What this replica told holds, unless it was to be forgotten.
      if (own !== null && (await claim()) === "new") return { text: own, withdraw: async () => undefined };
      if (own !== null) index.forgetSticky(name);
      const answer = await making.decide(own === null ? [...making.claims, claim] : making.claims);
      made = answer;
      return { text: index.sticky(name), withdraw: () => making.withdraw(answer) };
    });
    if (other !== null) index.keepSticky(name, other.answer);
    return other === null ? made : null;
  }

  /** As it is, under the request's own id; what was not asked for is decided for this request alone. */
  async #tell(text: string, { program, body }: Asked, making: Making): Promise<DecideAnswer> {
    const { explanation, ...first } = answerIn(text);
    const isAsked = first.action === NO_OFFER || body.actions?.includes(first.action) !== false;
    if (!isAsked || !isOf(first, program)) return await making.decide(making.claims);
    const { metrics, newId } = this.#parts.services;
    metrics.repeated(program.id);
    const again = { ...first, requestId: body.requestId ?? newId(), userId: body.userId, sticky: true };
    return body.explain === true && explanation !== undefined ? { ...again, explanation } : again;
  }
}

function answerIn(text: string): DecideAnswer {
  return JSON.parse(text);
}

function isOf({ action }: Pick<DecideAnswer, "action">, { actions }: Program): boolean {
  return actions.some(({ id }) => id === action);
}

function questionOf(name: StickyName, { stickyMs }: Program): SharedQuestion {
  return { key: keyOf(name), fingerprint: SAME_QUESTION, keptMs: stickyMs ?? 0 };
}

function keyOf({ program, user, window }: StickyName): string {
  return `${SAME_QUESTION}|${program}|${user}|${window}`;
}
