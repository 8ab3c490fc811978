/** How questions are answered once: from memory, from the log, and from what replicas share. */
import { setTimeout as delay } from "node:timers/promises";
import type { AnswerStore } from "../core/answer-ports.ts";
import type { Backend } from "../http/backend.ts";
import { AnswerMemory } from "../service/answers/answer-memory.ts";
import type { LogIndex } from "../service/log-index.ts";
import type { DecisionServices } from "../service/services.ts";
import { SharedQuestions } from "../service/answers/shared-questions.ts";
import { StickyAnswers } from "../service/answers/sticky-answers.ts";
import { UserMemory } from "../service/user-memory.ts";

/** @param store null where there are no other replicas */
export function answering(
  services: DecisionServices,
  index: LogIndex,
  store: AnswerStore | null,
): Pick<Backend, "answers" | "past" | "sticky" | "users"> {
  const { metrics, newId } = services;
  const trouble = (): void => metrics.trouble("answer_store_unavailable");
  const shared = store === null ? null : new SharedQuestions({ store, newId, pause: delay, trouble });
  const sticky = new StickyAnswers({ services, index, shared });
  return {
    answers: new AnswerMemory({ onRetry: () => metrics.retried(), shared }),
    past: index,
    sticky,
    users: new UserMemory(services, sticky),
  };
}
