/**
 * Decisions that hold for a user for a window: drawn and logged once, and told again until the window is over. Requests
 * that come while it is made wait for it.
 */
import type { DecideAnswer, DecideRequest } from "../contract/decide.ts";
import { NO_OFFER, type Program } from "../core/domain/program.ts";
import { findProgram, windowOf } from "./admit.ts";
import type { LogIndex, StickyName } from "./log-index.ts";
import type { DecisionServices } from "./services.ts";

export type StickyServices = Pick<DecisionServices, "programs" | "nowMs" | "newId" | "pseudonym" | "metrics">;

interface Asked {
  readonly program: Program;
  readonly body: DecideRequest;
}

export class StickyAnswers {
  readonly #services: StickyServices;
  readonly #index: Pick<LogIndex, "sticky">;
  /** By what names user and window: those that are being made. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(services: StickyServices, index: Pick<LogIndex, "sticky">) {
    this.#services = services;
    this.#index = index;
  }

  /** The answer that holds for the user now, or the one that `decide` makes. */
  answer(body: DecideRequest, decide: () => Promise<DecideAnswer>): Promise<DecideAnswer> {
    const program = findProgram(this.#services, body.programId);
    const window = windowOf(program, body.userId, this.#services.nowMs());
    if (window === null || program.state === "paused") return decide();
    const name = { program: program.id, user: this.#services.pseudonym(body.userId), window };
    return this.#answerIn(name, { program, body }, decide);
  }

  async #answerIn(name: StickyName, asked: Asked, decide: () => Promise<DecideAnswer>): Promise<DecideAnswer> {
    const key = `${name.program}|${name.user}|${name.window}`;
    // What fails is tried again by whoever waited for it, one after the other.
    for (let making = this.#underWay.get(key); making !== undefined; making = this.#underWay.get(key)) await making;
    return this.#held(name, asked) ?? (await this.#make(key, decide));
  }

  async #make(key: string, decide: () => Promise<DecideAnswer>): Promise<DecideAnswer> {
    const making = decide();
    this.#underWay.set(
      key,
      making.catch(() => undefined),
    );
    try {
      return await making;
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Null where nothing holds, or what does is no choice any more: not asked for, or taken out of the program. */
  #held(name: StickyName, { program, body }: Asked): DecideAnswer | null {
    const text = this.#index.sticky(name);
    if (text === null) return null;
    const { explanation, ...first } = JSON.parse(text) as DecideAnswer;
    const { action } = first;
    if (program.actions.every(({ id }) => id !== action)) return null;
    if (action !== NO_OFFER && body.actions?.includes(action) === false) return null;
    this.#services.metrics.repeated(program.id);
    const requestId = body.requestId ?? this.#services.newId();
    const again = { ...first, requestId, userId: body.userId, sticky: true };
    return body.explain === true && explanation !== undefined ? { ...again, explanation } : again;
  }
}
