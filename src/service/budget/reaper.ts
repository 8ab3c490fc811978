/** Expires what fell due, account by account, so that money nobody claimed is free again. */
import type { AccountId } from "../../core/domain/budget.ts";
import type { Ledger } from "../../core/budget-ports.ts";
import type { Timer } from "./budget-holder.ts";

/** Some 6 ms of the store's time at once; a backlog is worked off without a pause. */
const RESERVATIONS_PER_CALL = 500;

export interface ReaperOptions {
  readonly ledger: Pick<Ledger, "reap">;
  readonly timer: Timer;
  /** Milliseconds since 1970 that no change of the wall clock moves: see `steadyClock`. */
  readonly clock: () => number;
  readonly intervalMs: number;
  /** How many expired: 0 is not told. */
  readonly expired: (account: AccountId, count: number) => void;
  readonly failed: (account: AccountId, cause: unknown) => void;
}

interface Watched {
  readonly account: AccountId;
  readonly untilMs: number;
}

export class Reaper {
  readonly #options: ReaperOptions;
  readonly #accounts = new Map<string, Watched>();
  #cancel: () => void = () => undefined;
  #round: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  /** @param untilMs when nothing can be pending in the account any more */
  watch(account: AccountId, untilMs: number): void {
    this.#accounts.set(`${account.budget} ${account.period}`, { account, untilMs });
  }

  start(): void {
    this.#cancel = this.#options.timer.after(this.#options.intervalMs, () => {
      this.#round = this.#reapAll();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#round;
  }

  async #reapAll(): Promise<void> {
    for (const [key, { account, untilMs }] of this.#accounts) {
      await this.#reap(account);
      if (untilMs < this.#options.clock()) this.#accounts.delete(key);
    }
    if (!this.#isClosed) this.start();
  }

  async #reap(account: AccountId): Promise<void> {
    const { ledger, clock, expired, failed } = this.#options;
    try {
      let count = RESERVATIONS_PER_CALL;
      while (count === RESERVATIONS_PER_CALL && !this.#isClosed) {
        count = await ledger.reap(account, { nowMs: Math.floor(clock()), limit: RESERVATIONS_PER_CALL });
        if (count > 0) expired(account, count);
      }
    } catch (cause) {
      failed(account, cause);
    }
  }
}

/**
 * A wall clock read once and carried on by a monotonic one: a jump of the wall clock, forward or back,
 * neither releases money early nor holds it longer.
 */
export function steadyClock(wall: () => number, monotonic: () => number): () => number {
  const offsetMs = wall() - monotonic();
  return () => offsetMs + monotonic();
}
