import { Worker } from "node:worker_threads";
import type { Allocation } from "../../core/allocation/allocate.ts";
import type { CandidateBlock, Constraints } from "../../core/allocation/candidates.ts";
import type { Allocator } from "../../core/ports.ts";

/** What the worker is sent. */
export interface Task {
  readonly id: number;
  readonly actions: number;
  readonly block: CandidateBlock;
  readonly constraints: Constraints;
}

/** What it sends back. */
export interface Finished {
  readonly id: number;
  readonly allocation: Allocation;
}

interface Waiter {
  readonly resolve: (allocation: Allocation) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Allocations in a thread of their own, one after the other, so that decisions go on beside them. The thread is
 * started with the first one, and again after it failed; it keeps no process alive.
 */
export class WorkerAllocator implements Allocator {
  readonly #waiting = new Map<number, Waiter>();
  #worker: Worker | undefined;
  #lastId = 0;

  allocate(block: CandidateBlock, actions: number, constraints: Constraints): Promise<Allocation> {
    const id = ++this.#lastId;
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const task: Task = { id, actions, block, constraints };
      worker.postMessage(task, [
        block.offsets.buffer,
        block.action.buffer,
        block.valueMicros.buffer,
        block.costMicros.buffer,
      ] as ArrayBuffer[]);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./allocate-main.ts", import.meta.url));
    worker.unref();
    worker.on("message", ({ id, allocation }: Finished) => {
      this.#waiting.get(id)?.resolve(allocation);
      this.#waiting.delete(id);
    });
    worker.on("error", (error) => this.#fail(worker, error instanceof Error ? error : new Error("the worker failed")));
    worker.on("exit", () => this.#fail(worker, new Error("the worker was ended")));
    return worker;
  }

  /** Nobody waits for a thread that is gone. One that failed ends, too: by then there may be another. */
  #fail(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
