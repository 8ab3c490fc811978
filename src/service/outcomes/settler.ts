/**
 * Brings settlements to the ledger: in groups, in the background, and again until it answers. An outcome that moves
 * money is in the outcome log and in the index before this hears of it, so nothing is lost with this process.
 */
import type { AccountId, SettlementResult } from "../../core/domain/budget.ts";
import type { Ledger } from "../../core/budget-ports.ts";
import { BackgroundWork } from "../background-work.ts";
import type { Timer } from "../budget/budget-holder.ts";
import type { OutcomeIndex, WaitingSettlement } from "./outcome-index.ts";

/** Some 5 ms of the store's time. */
const GROUP_MAX = 200;
/** An account the ledger does not know is being declared again, or is long gone. */
const UNKNOWN_ACCOUNT_RETRY_MS = 60_000;
const UNKNOWN_ACCOUNT_WAIT_MAX_MS = 7 * 86_400_000;

export interface SettlerOptions {
  readonly index: OutcomeIndex;
  readonly ledger: Pick<Ledger, "settle">;
  readonly timer: Timer;
  readonly nowMs: () => number;
  readonly settled: (account: AccountId, result: SettlementResult) => void;
  /** Everything waits until it goes again. */
  readonly failed: (cause: unknown) => void;
}

export class Settler {
  readonly #options: SettlerOptions;
  readonly #work: BackgroundWork;

  constructor(options: SettlerOptions) {
    this.#options = options;
    const { timer, failed } = options;
    this.#work = new BackgroundWork({
      work: () => this.#settleAll(),
      idleMs: UNKNOWN_ACCOUNT_RETRY_MS,
      timer,
      failed,
    });
  }

  /** There may be something to settle. */
  wake(): void {
    this.#work.wake();
  }

  /** Finishes the group under way. What waits is found at the next start. */
  close(): Promise<void> {
    return this.#work.close();
  }

  async #settleAll(): Promise<void> {
    const { index, nowMs } = this.#options;
    let group = await index.waiting(nowMs(), GROUP_MAX);
    while (group.length > 0 && !this.#work.isClosed) {
      for (const [, ofAccount] of Map.groupBy(group, ({ account }) => `${account.budget}/${account.period}`)) {
        await this.#settle(ofAccount);
      }
      group = group.length < GROUP_MAX ? [] : await index.waiting(nowMs(), GROUP_MAX);
    }
  }

  async #settle(waiting: readonly WaitingSettlement[]): Promise<void> {
    const [first] = waiting;
    if (first === undefined) return;
    const { account } = first;
    const results = await this.#options.ledger.settle(
      account,
      waiting.map(({ settlement }) => settlement),
    );
    for (const [i, result] of results.entries()) {
      const one = waiting[i];
      if (one === undefined) continue;
      this.#options.settled(account, result);
      this.#options.index.done(one);
      if (result.kind === "unknown_account") this.#askLater(one);
    }
  }

  #askLater(waiting: WaitingSettlement): void {
    const nowMs = this.#options.nowMs();
    if (nowMs - waiting.sinceMs > UNKNOWN_ACCOUNT_WAIT_MAX_MS) return;
    const { account, settlement, sinceMs } = waiting;
    this.#options.index.wait({ account, settlement }, { sinceMs, atMs: nowMs + UNKNOWN_ACCOUNT_RETRY_MS });
  }
}
