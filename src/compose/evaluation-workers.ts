/** What takes long, in threads: parts of a log are read, and actions measured, by whichever is free. */
import { Worker } from "node:worker_threads";
import type { OutcomeRecord } from "../core/domain/outcome.ts";
import type { ResamplingTerms } from "../core/evaluation/clusters.ts";
import type { EstimatedReward, Reward } from "../core/evaluation/estimators.ts";
import type { ChosenRows } from "../core/evaluation/uplift/comparable-rows.ts";
import type { MeasuredAction } from "../core/evaluation/uplift/measure-action.ts";
import type { Measurer } from "../service/evaluation/measure.ts";
import type { JoinTerms } from "../core/evaluation/join.ts";
import type { OutcomeLookup } from "../core/export-ports.ts";
import { type ErrorCode, invariant, LiftgateError } from "../core/errors.ts";
import type { Asked, LogParts } from "../service/evaluation/gather-evidence.ts";
import type { PartRead } from "../service/evaluation/read-part.ts";
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

interface EstimateOrder {
  readonly kind: "estimate";
  readonly reward: Reward;
  readonly terms: ResamplingTerms;
}

interface ReadOrder {
  readonly kind: "read";
  readonly part: number;
  readonly asked: Omit<Asked, "join"> & { readonly join: Omit<JoinTerms, "instantMs"> | null };
}

export type Order = ReadOrder | MeasureOrder | EstimateOrder;

/** What a worker is told. */
export type Told =
  | { readonly kind: "order"; readonly id: number; readonly order: Order }
  | {
      readonly kind: "found";
      readonly lookup: number;
      readonly found: ReadonlyMap<string, readonly OutcomeRecord[]>;
    };

/** What it makes of an order. */
export type Answer =
  | { readonly kind: "read"; readonly read: PartRead }
  | { readonly kind: "measured"; readonly measured: MeasuredAction }
  | { readonly kind: "estimated"; readonly estimated: readonly EstimatedReward[] }
  | { readonly kind: "failed"; readonly code: ErrorCode | null; readonly message: string };

/** What it says. */
export type Said =
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "lookup"; readonly lookup: number; readonly ids: readonly string[] };

interface Waiter {
  readonly worker: Worker;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** More than the cores gain nothing, and each opens the models. */
const WORKERS = 2;
/** Hardly anything of a record outlives its row: more room would be filled before it is collected, and not be faster. */
const YOUNG_MIB = 24;

export class EvaluationWorkers implements LogParts, Measurer {
  readonly count: number;
  readonly #outcomes: OutcomeLookup;
  readonly #onRead: () => void;
  readonly #workers: readonly Worker[];
  /** Those that read nothing now. */
  readonly #free: Worker[];
  /** Who waits for a worker to read. */
  readonly #queue: ((worker: Worker) => void)[] = [];
  readonly #waiting = new Map<number, Waiter>();
  #orders = 0;

  constructor(setup: Setup, outcomes: OutcomeLookup, onRead: () => void) {
    this.count = setup.segments.length;
    this.#outcomes = outcomes;
    this.#onRead = onRead;
    this.#workers = Array.from({ length: WORKERS }, () => this.#start(setup));
    this.#free = [...this.#workers];
  }

  /** By whichever is free: parts are of all sizes. */
  async read(part: number, { join, every, questions }: Asked): Promise<PartRead> {
    const terms = join === null ? null : { windowMs: join.windowMs, exposures: join.exposures };
    const worker = this.#free.pop() ?? (await new Promise<Worker>((resolve) => this.#queue.push(resolve)));
    const answer = await this.#ask(worker, { kind: "read", part, asked: { join: terms, every, questions } });
    const next = this.#queue.shift();
    if (next === undefined) this.#free.push(worker);
    else next(worker);
    if (answer.kind !== "read") throw new LiftgateError("internal", `expected rows, got ${answer.kind}`);
    this.#onRead();
    return answer.read;
  }

  async measure(rows: ChosenRows, terms: ResamplingTerms): Promise<MeasuredAction> {
    const answer = await this.#ask(this.#inTurn(), { kind: "measure", rows, terms });
    if (answer.kind !== "measured") throw new LiftgateError("internal", `expected figures, got ${answer.kind}`);
    return answer.measured;
  }

  async estimate(reward: Reward, terms: ResamplingTerms): Promise<readonly EstimatedReward[]> {
    const answer = await this.#ask(this.#inTurn(), { kind: "estimate", reward, terms });
    if (answer.kind !== "estimated") throw new LiftgateError("internal", `expected estimates, got ${answer.kind}`);
    return answer.estimated;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Told at once, whatever it does: this thread may be busy when it is done. */
  #inTurn(): Worker {
    const worker = this.#workers[this.#orders % this.#workers.length];
    invariant(worker !== undefined, "expected workers");
    return worker;
  }

  #ask(worker: Worker, order: Order): Promise<Answer> {
    const id = this.#orders++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { worker, resolve, reject });
      const told: Told = { kind: "order", id, order };
      worker.postMessage(told, []);
    });
  }

  #start(setup: Setup): Worker {
    const worker = new Worker(new URL("./evaluation-worker.ts", import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    worker.on("message", (said: Said) => {
      if (said.kind === "lookup") void this.#lookUp(worker, said);
      else this.#answered(said);
    });
    worker.on("error", (error) => this.#fail(worker, error instanceof Error ? error : new Error("the worker failed")));
    worker.on("exit", () => this.#fail(worker, new Error("the worker was ended")));
    return worker;
  }

  #answered({ id, answer }: Extract<Said, { readonly kind: "answer" }>): void {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (answer.kind === "failed") waiter?.reject(errorOf(answer));
    else waiter?.resolve(answer);
  }

  async #lookUp(worker: Worker, { lookup, ids }: Extract<Said, { readonly kind: "lookup" }>): Promise<void> {
    try {
      const told: Told = { kind: "found", lookup, found: await this.#outcomes.of(ids) };
      worker.postMessage(told, []);
    } catch (error) {
      this.#fail(worker, error instanceof Error ? error : new Error("outcomes could not be looked up"));
    }
  }

  /** Nobody is to wait for a worker that is gone. */
  #fail(worker: Worker, error: Error): void {
    for (const [id, waiter] of this.#waiting) {
      if (waiter.worker !== worker) continue;
      this.#waiting.delete(id);
      waiter.reject(error);
    }
  }
}

/** Ours, which may be told to whoever asked; or not ours, for operators. */
function errorOf({ code, message }: Extract<Answer, { readonly kind: "failed" }>): Error {
  return code === null ? new Error(message) : new LiftgateError(code, message);
}
