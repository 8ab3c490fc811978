import type { EvaluationEntry, EvaluationPrograms, EvaluationRequest } from "../../contract/evaluations.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import { EVALUATIONS_KEPT_MAX, EVALUATIONS_WAITING_MAX } from "../../contract/limits.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { JobEnding, JobParts, RunningJob } from "./job-ports.ts";

/** Evaluations in processes of their own, one at a time, in the order in which they were asked for. */
export class EvaluationJobs {
  readonly #parts: JobParts;
  /** Oldest first. */
  readonly #entries = new Map<string, EvaluationEntry>();
  readonly #queue: { readonly evaluationId: string; readonly request: EvaluationRequest }[] = [];
  /** Accepted, and not on the disk yet. */
  #arriving = 0;
  #running: RunningJob | null = null;
  /** While there is something to run. */
  #working: Promise<void> | null = null;
  #isClosed = false;

  private constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /**
   * With those that were kept; what the process before did not end has failed. Decisions do not depend on it: where what
   * was kept cannot be read, there is none.
   */
  static async open(parts: JobParts): Promise<EvaluationJobs> {
    const jobs = new EvaluationJobs(parts);
    const kept = await parts.store.entries().catch((cause: unknown) => {
      parts.observer.trouble(cause);
      return [];
    });
    for (const entry of kept) {
      jobs.#entries.set(entry.evaluationId, entry);
      if (entry.endedAt === null) await jobs.#interrupt(entry.evaluationId);
    }
    return jobs;
  }

  /**
   * Accepts an evaluation; it is on the disk when this resolves.
   *
   * @throws LiftgateError `candidate_refused` and `incumbent_refused` with every fault, `evaluation_queue_full`,
   *   `evaluation_store_unavailable`, `draining`
   */
  async ask(request: EvaluationRequest, askedBy: string): Promise<EvaluationEntry> {
    if (this.#isClosed) throw new LiftgateError("draining");
    const { id, digest, file } = this.#checked(request);
    if (this.#queue.length + this.#arriving >= EVALUATIONS_WAITING_MAX)
      throw new LiftgateError("evaluation_queue_full");
    const entry: EvaluationEntry = {
      evaluationId: this.#parts.newId(),
      programId: request.programId,
      candidate: { id, version: file.version, digest },
      askedBy,
      status: "queued",
      progress: 0,
      askedAt: this.#now(),
      startedAt: null,
      endedAt: null,
      verdict: null,
      failure: null,
    };
    await this.#add(entry, request);
    if (this.#isClosed) await this.#end(entry.evaluationId, INTERRUPTED);
    else this.#enqueue(entry.evaluationId, request);
    return this.entry(entry.evaluationId);
  }

  /** The latest first. */
  entries(): readonly EvaluationEntry[] {
    return [...this.#entries.values()].toReversed();
  }

  /** @throws LiftgateError `unknown_evaluation` */
  entry(evaluationId: string): EvaluationEntry {
    const entry = this.#entries.get(evaluationId);
    if (entry === undefined) throw new LiftgateError("unknown_evaluation");
    return entry;
  }

  /**
   * The text of a report.
   *
   * @throws LiftgateError `unknown_evaluation`, `evaluation_not_done`, `evaluation_store_unavailable`
   */
  async report(evaluationId: string, form: "json" | "html"): Promise<string> {
    if (this.entry(evaluationId).status !== "done") throw new LiftgateError("evaluation_not_done");
    return await this.#parts.store.report(evaluationId, form).catch((cause: unknown) => this.#unavailable(cause));
  }

  /** Ends what runs; what waits has failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const waiting = this.#queue.splice(0);
    this.#running?.stop();
    await this.#working;
    for (const { evaluationId } of waiting) await this.#end(evaluationId, INTERRUPTED);
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

  async #add(entry: EvaluationEntry, programs: EvaluationPrograms): Promise<void> {
    this.#arriving += 1;
    try {
      await this.#parts.store.add(entry, programs);
      this.#entries.set(entry.evaluationId, entry);
    } catch (cause) {
      this.#unavailable(cause);
    } finally {
      this.#arriving -= 1;
    }
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
      await this.#run(job.evaluationId, job.request);
      await this.#forgetOldest();
    }
    this.#working = null;
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    this.#parts.observer.waiting({ queued: this.#queue.length, running: this.#working === null ? 0 : 1 });
  }

  async #run(evaluationId: string, request: EvaluationRequest): Promise<void> {
    await this.#change(evaluationId, { status: "running", startedAt: this.#now() });
    // Closed while that was written: there is nothing to stop yet.
    if (this.#isClosed) return await this.#end(evaluationId, INTERRUPTED);
    this.#running = this.#parts.start(evaluationId, request, (share) => this.#read(evaluationId, share));
    const ending = await this.#running.ended;
    this.#running = null;
    await this.#end(evaluationId, this.#isClosed && ending.kind === "failed" ? INTERRUPTED : ending);
  }

  /** What the process before left of it goes. */
  async #interrupt(evaluationId: string): Promise<void> {
    await this.#parts.store.tidy(evaluationId).catch((cause: unknown) => this.#parts.observer.trouble(cause));
    await this.#end(evaluationId, INTERRUPTED);
  }

  /** Not written down: whoever starts again has none. */
  #read(evaluationId: string, progress: number): void {
    const entry = this.#entries.get(evaluationId);
    if (entry !== undefined) this.#entries.set(evaluationId, { ...entry, progress });
  }

  async #end(evaluationId: string, ending: JobEnding): Promise<void> {
    const endedAt = this.#now();
    if (ending.kind === "reported") {
      await this.#change(evaluationId, { status: "done", progress: 1, endedAt, verdict: ending.verdict });
    } else {
      const { code, detail } = ending;
      await this.#change(evaluationId, { status: "failed", endedAt, failure: { code, detail } });
    }
    this.#parts.observer.ended(this.entry(evaluationId));
  }

  /** A disk that refuses it is no reason to lose what came of it: it is known until the service ends. */
  async #change(evaluationId: string, change: Partial<EvaluationEntry>): Promise<void> {
    const entry = { ...this.entry(evaluationId), ...change };
    this.#entries.set(evaluationId, entry);
    await this.#parts.store.save(entry).catch((cause: unknown) => this.#parts.observer.trouble(cause));
  }

  async #forgetOldest(): Promise<void> {
    const ended = [...this.#entries.values()].filter(({ endedAt }) => endedAt !== null);
    for (const { evaluationId } of ended.slice(0, Math.max(0, ended.length - EVALUATIONS_KEPT_MAX))) {
      this.#entries.delete(evaluationId);
      await this.#parts.store.remove(evaluationId).catch((cause: unknown) => this.#parts.observer.trouble(cause));
    }
  }

  #unavailable(cause: unknown): never {
    this.#parts.observer.trouble(cause);
    throw new LiftgateError("evaluation_store_unavailable");
  }

  #now(): string {
    return new Date(this.#parts.nowMs()).toISOString();
  }
}

const INTERRUPTED = {
  kind: "failed",
  code: "evaluation_interrupted",
  detail: "The service ended before the evaluation did; ask for it again",
} as const satisfies JobEnding;
