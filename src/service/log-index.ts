/** What decisions and outcomes are looked up by, as tables of the index. */
import type { Arm } from "../core/domain/decision.ts";
import { STICKY_DAYS_MAX } from "../contract/limits.ts";
import { timeOfId } from "../core/domain/decision-id.ts";
import { knownFrom, type KnownDecision } from "../core/domain/known-decision.ts";
import type { DecisionRecord } from "../core/domain/record.ts";
import { LiftgateError } from "../core/errors.ts";
import type { IndexStore, IndexTable } from "../core/index-ports.ts";
import { answerOf } from "./answers/answer.ts";
import type { AgingTable } from "./index-sweep.ts";

/** The decision that a question was answered with. */
export interface AnsweredQuestion {
  readonly decisionId: string;
  readonly fingerprint: string;
  /** It was told while the other replicas could not know of it. */
  readonly wasToldAlone: boolean;
}

/** Whose question it is, as callers name it. */
export interface QuestionName {
  readonly caller: string;
  readonly program: string;
  readonly requestId: string;
}

/** What a user was told, in which window. */
export interface StickyName {
  readonly program: string;
  /** As it stands in the log. */
  readonly user: string;
  readonly window: number;
}

/** Outcomes of a decision are matched for so long. Later ones are kept, and count for nothing. */
const DECISIONS_KEPT_MS = 100 * 86_400_000;
/** Retries are promised the same answer for 72 h. */
const QUESTIONS_KEPT_MS = 7 * 86_400_000;
/** No window is longer. */
const STICKY_KEPT_MS = STICKY_DAYS_MAX * 86_400_000;
/** Where an answer's text has the decision's id. */
const ANSWER_ID_AT = '{"decisionId":"'.length;

export class LogIndex {
  readonly #store: Pick<IndexStore, "flushed">;
  readonly #decisions: IndexTable;
  readonly #questions: IndexTable;
  /** By program, user and window: the explained answer. */
  readonly #sticky: IndexTable;
  /** By decision: those that were told while the other replicas could not know of it. */
  readonly #alone: IndexTable;

  constructor(store: IndexStore) {
    this.#store = store;
    this.#decisions = store.table("decisions");
    this.#questions = store.table("questions");
    this.#sticky = store.table("sticky");
    this.#alone = store.table("alone");
  }

  /** A shadow's decision is told to nobody. */
  add(record: DecisionRecord): void {
    if (record.mode === "shadow") return;
    const { decisionId, requestId, question, program, user, window } = record;
    this.#decisions.set(decisionId, textOf(knownFrom(record)));
    if (window !== null && isSound(record)) {
      const name = { program: program.id, user, window };
      const answer = answerOf(record, { userId: user, style: "explained" });
      // The first holds; another is one that was asked for with other actions.
      if (this.sticky(name) === null) this.keepSticky(name, JSON.stringify(answer));
    }
    if (question === null) return;
    const name = { caller: question.caller, program: program.id, requestId };
    this.#questions.set(keyOf(name), `${decisionId} ${question.fingerprint}`);
  }

  decision(decisionId: string): KnownDecision | null {
    const text = this.#decisions.get(decisionId);
    return text === null ? null : knownIn(decisionId, text);
  }

  answered(name: QuestionName): AnsweredQuestion | null {
    const text = this.#questions.get(keyOf(name));
    if (text === null) return null;
    const [decisionId = "", fingerprint = ""] = text.split(" ");
    return { decisionId, fingerprint, wasToldAlone: this.#alone.get(decisionId) !== null };
  }

  /**
   * The decision may be told from now on, and the other replicas cannot know of it. The log does not say so: the index
   * must, before anybody is told. Throws `log_unavailable`.
   */
  async toldAlone(decisionId: string): Promise<void> {
    this.#alone.set(decisionId, "");
    try {
      await this.#store.flushed();
    } catch {
      throw new LiftgateError("log_unavailable", "The index of the decision log cannot be written");
    }
  }

  /** The explained answer that holds for the user in the window, in text; null where none does. */
  sticky(name: StickyName): string | null {
    return this.#sticky.get(stickyKey(name));
  }

  /** What another replica told the user. */
  keepSticky(name: StickyName, answer: string): void {
    this.#sticky.set(stickyKey(name), answer);
  }

  forgetSticky(name: StickyName): void {
    this.#sticky.delete(stickyKey(name));
  }

  get aging(): readonly AgingTable[] {
    return [
      { table: this.#decisions, keptMs: DECISIONS_KEPT_MS, timeOf: timeOfId },
      { table: this.#questions, keptMs: QUESTIONS_KEPT_MS, timeOf: (_, value) => timeOfId(value) },
      { table: this.#alone, keptMs: QUESTIONS_KEPT_MS, timeOf: timeOfId },
      { table: this.#sticky, keptMs: STICKY_KEPT_MS, timeOf: (_, value) => timeOfId(value.slice(ANSWER_ID_AT)) },
    ];
  }
}

/** What was decided for want of something better holds for its request only. */
function isSound({ status, override }: DecisionRecord): boolean {
  return override === null && (status === "normal" || status === "degraded_features");
}

/** No part may contain `|`. */
function stickyKey({ program, user, window }: StickyName): string {
  return `${program}|${user}|${window}`;
}

/** None of the three may contain `|`. */
function keyOf({ caller, program, requestId }: QuestionName): string {
  return `${caller}|${program}|${requestId}`;
}

/** No part has a space in it. */
function textOf({ program, arm, action, cost, reservation }: KnownDecision): string {
  const held = reservation === null ? "" : ` ${reservation.account} ${reservation.fixedMicros}`;
  return `${program} ${arm} ${action} ${cost ?? ""}${held}`;
}

function knownIn(decisionId: string, text: string): KnownDecision {
  const [program = "", arm, action = "", cost = "", account, fixedMicros] = text.split(" ");
  return {
    decisionId,
    program,
    arm: arm as Arm,
    action,
    cost: cost === "" ? null : Number(cost),
    reservation: account === undefined ? null : { account, fixedMicros: Number(fixedMicros) },
  };
}
