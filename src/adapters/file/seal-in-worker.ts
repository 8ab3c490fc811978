import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Sealing } from "./seal-segment.ts";

/**
 * `sealSegment` in a thread of its own, which keeps no process alive: reading lines, hashing and compressing hold up
 * no decision. Throws what it throws; when it is called off, an AbortError, and what was begun is left as after a crash.
 */
export async function sealInWorker(path: string, signal: AbortSignal): Promise<Sealing> {
  const worker = new Worker(new URL("./seal-main.ts", import.meta.url), { workerData: path });
  worker.unref();
  try {
    const [sealing] = await once(worker, "message", { signal });
    return sealing;
  } finally {
    await worker.terminate();
  }
}
