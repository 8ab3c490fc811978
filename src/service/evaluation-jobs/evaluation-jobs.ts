import type { EvaluationEntry, EvaluationPrograms, EvaluationRequest } from "../../contract/evaluations.ts";
import { EVALUATIONS_WAITING_MAX } from "../../contract/limits.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { JobEnding, JobParts, RunningJob } from "./job-ports.ts";
import { KeptEvaluations } from "./kept-evaluations.ts";

/** Evaluations in processes of their own, one at a time, in the order in which they were asked for. */
export class EvaluationJobs {
  /** How each stands, and what came of it. */
  readonly kept: KeptEvaluations;
  readonly #parts: JobParts;
  readonly #queue: { readonly evaluationId: string; readonly request: EvaluationRequest }[] = [];
  /** Accepted, and not on the disk yet. */
  #arriving = 0;
  /** The one that was begun, until it has ended. */
  #begun: { readonly evaluationId: string; readonly ended: Promise<void> } | null = null;
  #running: RunningJob | null = null;
  /** Those that were begun and that nobody wants any more. */
  readonly #unwanted = new Set<string>();
  /** While there is something to run. */
  #working: Promise<void> | null = null;
  #isClosed = false;

  private constructor(parts: JobParts, kept: KeptEvaluations) {
    this.#parts = parts;
    this.kept = kept;
  }

  /** With those that were kept; what the process before did not end has failed. */
  static async open(parts: JobParts): Promise<EvaluationJobs> {
    const kept = await KeptEvaluations.open(parts);
    const unfinished = kept.list().filter(({ endedAt }) => endedAt === null);
    for (const { evaluationId } of unfinished.toReversed()) await kept.interrupt(evaluationId, INTERRUPTED);
    return new EvaluationJobs(parts, kept);
  }

  /**
   * Accepts an evaluation; it is on the disk when this resolves.
   *
   * @throws LiftgateError `candidate_refused` and `incumbent_refused` with every fault, `evaluation_queue_full`,
   *   `evaluation_store_unavailable`, `draining`
   */
  async ask(request: EvaluationRequest, askedBy: string): Promise<EvaluationEntry> {
    if (this.#isClosed) throw new LiftgateError("draining");
    const candidate = this.#checked(request);
    if (this.#queue.length + this.#arriving >= EVALUATIONS_WAITING_MAX)
      throw new LiftgateError("evaluation_queue_full");
    const entry = this.#entryOf(request, candidate, askedBy);
    this.#arriving += 1;
    try {
      await this.kept.add(entry, request);
    } finally {
      this.#arriving -= 1;
    }
    if (this.#isClosed) await this.kept.end(entry.evaluationId, INTERRUPTED);
    else this.#enqueue(entry.evaluationId, request);
    return this.kept.entry(entry.evaluationId);
  }

  /**
   * Ends it if it waits or runs, and deletes what is kept of it. How it stood at last.
   *
   * @throws LiftgateError `unknown_evaluation`, `evaluation_store_unavailable`: then it has ended, and is still kept
   */
  async remove(evaluationId: string): Promise<EvaluationEntry> {
    if (this.kept.entry(evaluationId).endedAt === null) await this.#callOff(evaluationId);
    const last = this.kept.entry(evaluationId);
    await this.kept.remove(evaluationId);
    return last;
  }

  /** Ends what runs; what waits has failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const waiting = this.#queue.splice(0);
    this.#running?.stop();
    await this.#working;
    for (const { evaluationId } of waiting) await this.kept.end(evaluationId, INTERRUPTED);
  }

  /** The candidate, where both programs are right. */
  #checked({ candidate, incumbent }: EvaluationPrograms): ProgramText {
    const { check } = this.#parts;
    const checked = check(candidate);
    if (!checked.ok) throw new LiftgateError("candidate_refused", undefined, checked.faults);
    const other = incumbent === undefined ? checked : check(incumbent);
    if (!other.ok) throw new LiftgateError("incumbent_refused", undefined, other.faults);
    return checked.value;
  }

  #entryOf({ programId }: EvaluationRequest, { id, digest, file }: ProgramText, askedBy: string): EvaluationEntry {
    return {
      evaluationId: this.#parts.newId(),
      programId,
      candidate: { id, version: file.version, digest },
      askedBy,
      status: "queued",
      progress: 0,
      askedAt: new Date(this.#parts.nowMs()).toISOString(),
      startedAt: null,
      endedAt: null,
      verdict: null,
      failure: null,
    };
  }

  #enqueue(evaluationId: string, request: EvaluationRequest): void {
    this.#queue.push({ evaluationId, request });
    this.#working ??= this.#work();
    this.#tellWaiting();
  }

  /** Until nothing waits. */
  async #work(): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      this.#tellWaiting();
      const ended = this.#run(job.evaluationId, job.request);
      this.#begun = { evaluationId: job.evaluationId, ended };
      await ended;
      this.#begun = null;
      await this.kept.forgetOldest();
    }
    this.#working = null;
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    this.#parts.observer.waiting({ queued: this.#queue.length, running: this.#working === null ? 0 : 1 });
  }

  async #run(evaluationId: string, request: EvaluationRequest): Promise<void> {
    await this.kept.begin(evaluationId);
    // Told to stop while that was written, when there was nothing to stop yet.
    const tooSoon = this.#cutShort(evaluationId);
    if (tooSoon !== null) return await this.kept.end(evaluationId, tooSoon);
    this.#running = this.#parts.start(evaluationId, request, (share) => this.kept.read(evaluationId, share));
    const ending = await this.#running.ended;
    this.#running = null;
    const cutShort = this.#cutShort(evaluationId);
    await this.kept.end(evaluationId, ending.kind === "failed" && cutShort !== null ? cutShort : ending);
  }

  /** Why it was told to stop; null unless it was. */
  #cutShort(evaluationId: string): JobEnding | null {
    if (this.#unwanted.delete(evaluationId)) return CALLED_OFF;
    return this.#isClosed ? INTERRUPTED : null;
  }

  async #callOff(evaluationId: string): Promise<void> {
    const at = this.#queue.findIndex((waiting) => waiting.evaluationId === evaluationId);
    if (at !== -1) {
      this.#queue.splice(at, 1);
      this.#tellWaiting();
      await this.kept.end(evaluationId, CALLED_OFF);
    } else if (this.#begun?.evaluationId === evaluationId) {
      this.#unwanted.add(evaluationId);
      this.#running?.stop();
      await this.#begun.ended;
    }
  }
}

const CALLED_OFF = {
  kind: "failed",
  code: "evaluation_called_off",
  detail: "It was deleted before it was done",
} as const satisfies JobEnding;

const INTERRUPTED = {
  kind: "failed",
  code: "evaluation_interrupted",
  detail: "The service ended before the evaluation did; ask for it again",
} as const satisfies JobEnding;
