import { Worker } from "node:worker_threads";
import type { Allocation } from "../../core/allocation/allocate.ts";
import type { CandidateBlock, Constraints } from "../../core/allocation/candidates.ts";
import type { Allocator, Sample } from "../../core/ports.ts";

/** What the worker has to do: the prices of a sample, or an allocation. */
export type Task = PricesTask | AllocationTask;

interface Problem {
  readonly actions: number;
  readonly block: CandidateBlock;
  readonly constraints: Constraints;
}

interface PricesTask extends Problem {
  readonly kind: "prices";
  readonly share: number;
}

interface AllocationTask extends Problem {
  readonly kind: "allocation";
}

/** What the worker is sent. */
export interface Asked {
  readonly id: number;
  readonly task: Task;
}

/** What it sends back. */
export type Done =
  | { readonly id: number; readonly kind: "prices"; readonly muMicros: readonly number[] }
  | { readonly id: number; readonly kind: "allocation"; readonly allocation: Allocation };

interface Waiter {
  readonly resolve: (done: Done) => void;
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
    return new Promise((resolve, reject) => {
      this.#ask(
        { kind: "allocation", block, actions, constraints },
        { resolve: (done) => done.kind === "allocation" && resolve(done.allocation), reject },
      );
    });
  }

  prices({ block, actions, share }: Sample, constraints: Constraints): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#ask(
        { kind: "prices", block, actions, constraints, share },
        { resolve: (done) => done.kind === "prices" && resolve(done.muMicros), reject },
      );
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(task: Task, waiter: Waiter): void {
    const id = ++this.#lastId;
    const worker = (this.#worker ??= this.#start());
    this.#waiting.set(id, waiter);
    const { offsets, action, valueMicros, costMicros } = task.block;
    const asked: Asked = { id, task };
    worker.postMessage(asked, [offsets.buffer, action.buffer, valueMicros.buffer, costMicros.buffer] as ArrayBuffer[]);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./allocate-main.ts", import.meta.url));
    worker.unref();
    worker.on("message", (done: Done) => {
      this.#waiting.get(done.id)?.resolve(done);
      this.#waiting.delete(done.id);
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
