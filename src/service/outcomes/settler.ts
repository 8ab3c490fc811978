/**
 * Brings settlements to the ledger: in groups, in the background, and again until it answers. An outcome that moves
 * money is in the outcome log and in the index before this hears of it, so nothing is lost with this process.
 */
import type { AccountId, SettlementResult } from "../../core/domain/budget.ts";
import type { Ledger } from "../../core/budget-ports.ts";
import type { Timer } from "../budget/budget-holder.ts";
import type { OutcomeIndex, WaitingSettlement } from "./outcome-index.ts";

/** Some 5 ms of the store's time. */
const GROUP_MAX = 200;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;
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
  #working: Promise<void> | null = null;
  #isWanted = false;
  #failures = 0;
  #cancel: () => void = () => undefined;
  #isClosed = false;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** There may be something to settle. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isClosed || this.#failures > 0) return;
    this.#working ??= this.#work();
  }

  /** Finishes the group under way. What waits is found at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isClosed) {
        this.#isWanted = false;
        await this.#settleAll();
      }
      this.#failures = 0;
      this.#workIn(UNKNOWN_ACCOUNT_RETRY_MS);
    } catch (cause) {
      this.#failures += 1;
      this.#options.failed(cause);
      this.#workIn(Math.min(RETRY_MS_MIN * 2 ** (this.#failures - 1), RETRY_MS_MAX));
    } finally {
      this.#working = null;
    }
  }

  #workIn(delayMs: number): void {
    this.#cancel();
    if (this.#isClosed) return;
    this.#cancel = this.#options.timer.after(delayMs, () => {
      this.#isWanted = true;
      this.#working ??= this.#work();
    });
  }

  async #settleAll(): Promise<void> {
    const { index, nowMs } = this.#options;
    let group = await index.waiting(nowMs(), GROUP_MAX);
    while (group.length > 0 && !this.#isClosed) {
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
