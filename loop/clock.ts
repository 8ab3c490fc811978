/**
 * Preloaded into the service, so that months pass in minutes: one clock for everything in that process, wall and
 * monotonic alike, which runs as time does and jumps forward when the parent process says so. What was due within a
 * jump is called back at its end, as after a suspend. The service's own code is what it is.
 *
 *     node --import ./loop/clock.ts?startMs=1767225600000 src/main.ts serve
 */
const startMs = Number(new URL(import.meta.url).searchParams.get("startMs"));
const monotonic = performance.now.bind(performance);
const setTimer = globalThis.setTimeout;
const clearTimer = globalThis.clearTimeout;
const offsetMs = startMs - monotonic();
let jumpedMs = 0;
/** Timers that are set, with what they call and when. */
const waiting = new Map<NodeJS.Timeout, { readonly dueMs: number; readonly call: () => void }>();

const now = (): number => monotonic() + jumpedMs;
performance.now = now;
Date.now = () => Math.floor(offsetMs + now());
Object.assign(globalThis, { setTimeout: setTimeoutThatJumps, clearTimeout: clearTimeoutThatJumps });
process.on("message", (message: unknown) => jumpTo(Number(message)));
// A channel to the parent is no reason to live on.
process.channel?.unref();

function setTimeoutThatJumps(callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): NodeJS.Timeout {
  const call = (): void => {
    waiting.delete(timer);
    callback(...args);
  };
  const timer = setTimer(call, delayMs);
  waiting.set(timer, { dueMs: now() + delayMs, call });
  return timer;
}

function clearTimeoutThatJumps(timer: NodeJS.Timeout | undefined): void {
  if (timer !== undefined) waiting.delete(timer);
  clearTimer(timer);
}

/** Tells the parent when it is done. A wall clock that is there already stays. */
function jumpTo(wallMs: number): void {
  jumpedMs += Math.max(0, wallMs - Date.now());
  const due = [...waiting].filter(([, { dueMs }]) => dueMs <= now()).toSorted(([, a], [, b]) => a.dueMs - b.dueMs);
  for (const [timer, { call }] of due) {
    // One that was called may have called off another.
    if (!waiting.has(timer)) continue;
    clearTimer(timer);
    call();
  }
  process.send?.(wallMs);
}
