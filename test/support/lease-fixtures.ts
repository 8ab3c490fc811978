/** What a lease stands on, small enough to look into: time by hand, a log in memory, a ledger that can be down. */
import { LiftgateError } from "../../src/core/errors.ts";
import type { AccountId, LeaseHolder, Reservation, Settlement } from "../../src/core/domain/budget.ts";
import type { LeaseBook, SpendingHistory } from "../../src/core/budget-ports.ts";
import type { Timer } from "../../src/service/budget/budget-holder.ts";
import { PureLedgerStore } from "./pure-ledger.ts";

/** A ledger whose calls, or whose answers, can be lost. */
export class FlakyLedger extends PureLedgerStore {
  /** `down`: nothing arrives. `mute`: all is done and nothing is answered. */
  state: "up" | "down" | "mute" = "up";
  syncs = 0;

  override async sync(...asked: Parameters<PureLedgerStore["sync"]>) {
    this.syncs++;
    return await this.#pass(() => super.sync(...asked));
  }

  override async declare(...said: Parameters<PureLedgerStore["declare"]>) {
    return await this.#pass(() => super.declare(...said));
  }

  override async reap(...due: Parameters<PureLedgerStore["reap"]>) {
    return await this.#pass(() => super.reap(...due));
  }

  async #pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.state === "down") throw new LiftgateError("ledger_unavailable");
    const answer = await call();
    if (this.state === "mute") throw new LiftgateError("ledger_unavailable");
    return answer;
  }
}

/** Replica a's disk: it outlives the lives. */
export class Disk implements SpendingHistory {
  readonly log: { readonly life: number; readonly reservation: Reservation }[] = [];
  readonly outcomes: Settlement[] = [];
  readonly lives: number[] = [];
  life = 0;

  /** The book of the next life. */
  nextLife(): LeaseBook {
    const life = ++this.life;
    const { lives } = this;
    return {
      holder: { replica: "a", life },
      accounts: () => [],
      lives: () => lives.map((each) => ({ replica: "a", life: each })),
      remember: async () => {
        lives.push(life);
      },
    };
  }

  async *reservations(_: AccountId, { life }: LeaseHolder) {
    for (const logged of this.log) if (logged.life === life) yield logged.reservation;
  }

  async *settlements() {
    yield* this.outcomes;
  }
}

/** Time that passes when it is told to; what is due runs in order, and what it began is awaited. */
export class ManualTimer implements Timer {
  #nowMs = 0;
  #due: { readonly atMs: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, callback };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  get waiting(): number {
    return this.#due.length;
  }

  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#due.filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.callback();
      await settled();
    }
    this.#nowMs = endMs;
  }
}

/** All that is under way in memory is done: no timer and no disk takes part. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}
