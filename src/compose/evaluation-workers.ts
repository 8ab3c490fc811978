/** What takes long, in threads: parts of a log are read, and actions measured, by whichever is free. */
import { Worker } from "node:worker_threads";
import type { OutcomeRecord } from "../core/domain/outcome.ts";
import type { ResamplingTerms } from "../core/evaluation/clusters.ts";
import type { ChosenRows } from "../core/evaluation/uplift/comparable-rows.ts";
import type { MeasuredAction } from "../core/evaluation/uplift/measure-action.ts";
import type { ActionMeasurer } from "../service/evaluation/measure-actions.ts";
import type { JoinTerms } from "../core/evaluation/join.ts";
import type { OutcomeLookup } from "../core/export-ports.ts";
import { type ErrorCode, LiftgateError } from "../core/errors.ts";
import type { Asked, LogParts, PartRead } from "../service/evaluation/gather-evidence.ts";
import type { LocalPartsTerms } from "../service/evaluation/local-parts.ts";

/** What a worker is made for. */
export interface Setup {
  readonly segments: readonly string[];
  readonly programsDir: string;
  readonly modelsDir: string;
  /** Files. */
  readonly candidate: string;
  readonly incumbent: string | null;
  readonly terms: LocalPartsTerms;
}

interface MeasureOrder {
  readonly kind: "measure";
  readonly rows: ChosenRows;
  readonly terms: ResamplingTerms;
}

interface ReadOrder {
  readonly kind: "read";
  readonly part: number;
  readonly asked: Omit<Asked, "join"> & { readonly join: Omit<JoinTerms, "instantMs"> | null };
}

/** What a worker is told. */
export type Told =
  | ReadOrder
  | MeasureOrder
  | {
      readonly kind: "found";
      readonly lookup: number;
      readonly found: ReadonlyMap<string, readonly OutcomeRecord[]>;
    };

/** What it says. */
export type Answer =
  | { readonly kind: "read"; readonly read: PartRead }
  | { readonly kind: "measured"; readonly measured: MeasuredAction }
  | { readonly kind: "failed"; readonly code: ErrorCode | null; readonly message: string }
  | { readonly kind: "lookup"; readonly lookup: number; readonly ids: readonly string[] };

interface Waiter {
  readonly order: ReadOrder | MeasureOrder;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Reading is all a worker does: more than the cores gain nothing, and each opens the models. */
const WORKERS = 2;
/** Hardly anything of a record outlives its row: more room would be filled before it is collected, and not be faster. */
const YOUNG_MIB = 24;

export class EvaluationWorkers implements LogParts, ActionMeasurer {
  readonly count: number;
  readonly #outcomes: OutcomeLookup;
  readonly #onRead: () => void;
  readonly #workers: readonly Worker[];
  readonly #free: Worker[];
  readonly #busy = new Map<Worker, Waiter>();
  readonly #queue: Waiter[] = [];

  constructor(setup: Setup, outcomes: OutcomeLookup, onRead: () => void) {
    this.count = setup.segments.length;
    this.#outcomes = outcomes;
    this.#onRead = onRead;
    this.#workers = Array.from({ length: Math.min(WORKERS, this.count) }, () => this.#start(setup));
    this.#free = [...this.#workers];
  }

  async read(part: number, { join, every, questions }: Asked): Promise<PartRead> {
    const terms = join === null ? null : { windowMs: join.windowMs, exposures: join.exposures };
    const asked = { join: terms, every, questions };
    const answer = await this.#ask({ kind: "read", part, asked });
    if (answer.kind !== "read") throw new LiftgateError("internal", `expected rows, got ${answer.kind}`);
    this.#onRead();
    return answer.read;
  }

  async measure(rows: ChosenRows, terms: ResamplingTerms): Promise<MeasuredAction> {
    const answer = await this.#ask({ kind: "measure", rows, terms });
    if (answer.kind !== "measured") throw new LiftgateError("internal", `expected figures, got ${answer.kind}`);
    return answer.measured;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #ask(order: ReadOrder | MeasureOrder): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ order, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    const worker = this.#free.pop();
    if (worker === undefined) return;
    const waiter = this.#queue.shift();
    if (waiter === undefined) {
      this.#free.push(worker);
      return;
    }
    this.#busy.set(worker, waiter);
    worker.postMessage(waiter.order, []);
  }

  #start(setup: Setup): Worker {
    const worker = new Worker(new URL("./evaluation-worker.ts", import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    worker.on("message", (answer: Answer) => {
      if (answer.kind === "lookup") void this.#lookUp(worker, answer);
      else this.#answered(worker, answer);
    });
    worker.on("error", (error) => this.#fail(worker, error instanceof Error ? error : new Error("the worker failed")));
    worker.on("exit", () => this.#fail(worker, new Error("the worker was ended")));
    return worker;
  }

  #answered(worker: Worker, answer: Answer): void {
    const waiter = this.#busy.get(worker);
    this.#busy.delete(worker);
    this.#free.push(worker);
    if (answer.kind === "failed") waiter?.reject(errorOf(answer));
    else waiter?.resolve(answer);
    this.#next();
  }

  async #lookUp(worker: Worker, { lookup, ids }: Extract<Answer, { readonly kind: "lookup" }>): Promise<void> {
    try {
      const told: Told = { kind: "found", lookup, found: await this.#outcomes.of(ids) };
      worker.postMessage(told, []);
    } catch (error) {
      this.#fail(worker, error instanceof Error ? error : new Error("outcomes could not be looked up"));
    }
  }

  /** Nobody waits for a worker that is gone; what was not begun goes to the others, if there are any. */
  #fail(worker: Worker, error: Error): void {
    this.#busy.get(worker)?.reject(error);
    this.#busy.delete(worker);
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }
}

/** Ours, which may be told to whoever asked; or not ours, for operators. */
function errorOf({ code, message }: Extract<Answer, { readonly kind: "failed" }>): Error {
  return code === null ? new Error(message) : new LiftgateError(code, message);
}
