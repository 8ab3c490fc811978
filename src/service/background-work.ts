/** Work that is done in the background whenever there is some, and again after a while when it fails. */
import type { Timer } from "./budget/budget-holder.ts";

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;

export interface BackgroundWorkOptions {
  /** All there is to do now. */
  readonly work: () => Promise<void>;
  /** How long after it was done it is looked for again, woken or not. */
  readonly idleMs: number;
  readonly timer: Timer;
  /** It is done again. */
  readonly failed: (cause: unknown) => void;
}

export class BackgroundWork {
  readonly #options: BackgroundWorkOptions;
  #working: Promise<void> | null = null;
  #isWanted = false;
  #failures = 0;
  #cancel: () => void = () => undefined;
  #isClosed = false;

  constructor(options: BackgroundWorkOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** There may be something to do. After a failure it waits for its time. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isClosed || this.#failures > 0) return;
    this.#working ??= this.#work();
  }

  /** Waits for what is under way; `work` should look at `isClosed` and make an end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { work, idleMs, failed } = this.#options;
    try {
      while (this.#isWanted && !this.#isClosed) {
        this.#isWanted = false;
        await work();
      }
      this.#failures = 0;
      this.#workIn(idleMs);
    } catch (cause) {
      this.#failures += 1;
      failed(cause);
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
}
