/**
 * Outcomes that were sent to another replica than the one that made their decision: they are passed on, from the index,
 * until the exchange has them; and those that others pass on are taken as if a caller had sent them.
 */
import type { OutcomeExchange } from "../../core/outcome-ports.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import { markOfId } from "../../core/domain/decision-id.ts";
import { BackgroundWork } from "../background-work.ts";
import type { Timer } from "../budget/budget-holder.ts";
import type { OutcomeIndex } from "./outcome-index.ts";

const SENT_TOGETHER_MAX = 200;
/** How soon an outcome is known to its decision's replica. */
const LOOK_MS = 1_000;

export interface OutcomeForwardingParts {
  readonly exchange: OutcomeExchange;
  /** This replica's mark. */
  readonly mark: string;
  readonly index: OutcomeIndex;
  readonly timer: Timer;
  readonly nowMs: () => number;
  readonly failed: (cause: unknown) => void;
}

/** Takes outcomes that others pass on: when it resolves this replica has them for good. */
type Take = (outcomes: readonly OutcomeRecord[]) => Promise<void>;

export class OutcomeForwarding {
  readonly #parts: OutcomeForwardingParts;
  readonly #sending: BackgroundWork;
  readonly #receiving: BackgroundWork;
  #take: Take = async () => undefined;
  #replicas: ReadonlySet<string> = new Set();

  constructor(parts: OutcomeForwardingParts) {
    this.#parts = parts;
    const { timer, failed } = parts;
    this.#sending = new BackgroundWork({ work: () => this.#sendAll(), idleMs: LOOK_MS, timer, failed });
    this.#receiving = new BackgroundWork({ work: () => this.#receiveAll(), idleMs: LOOK_MS, timer, failed });
  }

  start(take: Take): void {
    this.#take = take;
    this.#sending.wake();
    this.#receiving.wake();
  }

  /** Whether another replica made the decision. A mark that no replica ever had is nobody's. */
  isElsewhere(decisionId: string): boolean {
    const mark = markOfId(decisionId);
    return mark !== this.#parts.mark && this.#replicas.has(mark);
  }

  /** It is in the log; its replica will have it. */
  forward(outcome: OutcomeRecord): void {
    this.#parts.index.forward(outcome);
    this.#sending.wake();
  }

  async close(): Promise<void> {
    await Promise.all([this.#sending.close(), this.#receiving.close()]);
  }

  async #sendAll(): Promise<void> {
    const { index, exchange } = this.#parts;
    for (;;) {
      const outcomes = await index.toForward(SENT_TOGETHER_MAX);
      if (outcomes.length === 0 || this.#sending.isClosed) return;
      await exchange.send(outcomes);
      for (const outcome of outcomes) index.forwarded(outcome);
    }
  }

  async #receiveAll(): Promise<void> {
    const { index, exchange, mark, nowMs } = this.#parts;
    this.#replicas = await exchange.present(mark, nowMs());
    for (;;) {
      const { outcomes, place } = await exchange.receive(mark, index.place);
      if (outcomes.length === 0 || this.#receiving.isClosed) return;
      await this.#take(outcomes);
      index.place = place;
    }
  }
}
