import { RedisTrouble } from "./trouble.ts";

/** A timer that fires this much too late says that the event loop stood still, not that Redis did. */
const STALL_MS = 5;

export interface Deadline {
  readonly timeoutMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Settles as `work` does, or rejects when it takes longer. After a stall of the event loop timers run
 * before the replies that have long arrived are read, or before the command was even sent; so when the
 * timer itself comes late the wait starts over, once.
 */
export function inTime<T>(work: Promise<T>, { timeoutMs, now }: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const startedMs = now();
    const giveUp = (): void => reject(new RedisTrouble("no answer in time", "unavailable"));
    let timer = setTimeout(() => {
      if (now() - startedMs <= timeoutMs + STALL_MS) giveUp();
      else timer = setTimeout(giveUp, timeoutMs);
    }, timeoutMs);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
