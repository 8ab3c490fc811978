/**
 * Watches the whole verification process from a thread of its own, because a graph that is being
 * built or run holds the main thread. Ends the process when it has taken more memory than allowed;
 * the parent knows that by the signal. It also ends a process whose parent is not there any more to
 * stop it when its time is over.
 */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";

const WATCH_MS = 5;

const { memoryBytesMax, timeMsMax } = z
  .strictObject({ memoryBytesMax: z.int().positive(), timeMsMax: z.int().positive() })
  .parse(workerData);

function end(): void {
  process.kill(process.pid, "SIGKILL");
}

setInterval(() => {
  if (process.memoryUsage.rss() > memoryBytesMax) end();
}, WATCH_MS);
// Twice the time, so that a parent that lives always comes first and can say why.
setTimeout(end, 2 * timeMsMax);
parentPort?.postMessage("watching", []);
