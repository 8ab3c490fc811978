/** How questions are answered once: from memory, from the log, and from what replicas share. */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { AnswerStore } from "../core/answer-ports.ts";
import type { Backend } from "../http/backend.ts";
import { AnswerMemory } from "../service/answers/answer-memory.ts";
import type { LogIndex } from "../service/log-index.ts";
import type { DecisionServices } from "../service/services.ts";
import { SharedQuestions, type WhenDown } from "../service/answers/shared-questions.ts";
import { StickyAnswers } from "../service/answers/sticky-answers.ts";
import { UnsharedAnswers } from "../service/answers/unshared-answers.ts";
import { UserMemory } from "../service/user-memory.ts";
import { TIMER } from "./timer.ts";

export interface AnsweringParts {
  /** Null where there are no other replicas. */
  readonly store: AnswerStore | null;
  readonly whenDown: WhenDown;
  readonly logger: Logger;
}

export interface OpenAnswers {
  readonly parts: Pick<Backend, "answers" | "past" | "sticky" | "users">;
  close(): Promise<void>;
}

export function openAnswers(
  services: DecisionServices,
  index: LogIndex,
  { store, whenDown, logger }: AnsweringParts,
): OpenAnswers {
  const { metrics, newId } = services;
  const sharing = store === null ? null : share(store, { newId, metrics, logger });
  // That a window has one draw is no caller's condition for an answer.
  const sticky = new StickyAnswers({ services, index, shared: sharing?.questions("available") ?? null });
  return {
    parts: {
      answers: new AnswerMemory({ onRetry: () => metrics.retried(), shared: sharing?.questions(whenDown) ?? null }),
      past: index,
      sticky,
      users: new UserMemory(services, sticky),
    },
    close: async () => sharing?.unshared.close(),
  };
}

function share(
  store: AnswerStore,
  { newId, metrics, logger }: Pick<DecisionServices, "newId" | "metrics"> & Pick<AnsweringParts, "logger">,
) {
  const failed = (err: unknown): void => logger.error({ err }, "an answer could not be shared");
  const unshared = new UnsharedAnswers({ store, newId, timer: TIMER, failed });
  const trouble = (): void => metrics.trouble("answer_store_unavailable");
  const questions = (whenDown: WhenDown) =>
    new SharedQuestions({ store, unshared, whenDown, newId, pause: delay, trouble });
  return { unshared, questions };
}
