import type { Timer } from "../service/budget/budget-holder.ts";

/** The process' own; what waits for it does not keep the process alive. */
export const TIMER: Timer = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
