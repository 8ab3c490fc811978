/**
 * Watches the whole process from a thread of its own, because a graph that is being built or run
 * holds the main thread. Ends the process when it has taken more memory than allowed; the parent
 * knows that by the signal.
 */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";

const WATCH_MS = 5;

const memoryBytesMax = z.int().positive().parse(workerData);
setInterval(() => {
  if (process.memoryUsage.rss() > memoryBytesMax) process.kill(process.pid, "SIGKILL");
}, WATCH_MS);
parentPort?.postMessage("watching");
