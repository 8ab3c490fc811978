import type { EvaluationEntry, EvaluationPrograms } from "../../contract/evaluations.ts";
import { EVALUATIONS_KEPT_MAX } from "../../contract/limits.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { JobEnding, JobParts } from "./job-ports.ts";

/**
 * How every evaluation stands, in memory and on the disk. A disk that refuses a change is no reason to lose what came of an
 * evaluation: it is known until the service ends.
 */
export class KeptEvaluations {
  readonly #parts: JobParts;
  /** Oldest first. */
  readonly #entries = new Map<string, EvaluationEntry>();

  private constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** With those that were kept. Decisions do not depend on it: where they cannot be read, there are none. */
  static async open(parts: JobParts): Promise<KeptEvaluations> {
    const evaluations = new KeptEvaluations(parts);
    const kept = await parts.store.entries().catch((cause: unknown) => {
      parts.observer.trouble(cause);
      return [];
    });
    for (const entry of kept) evaluations.#entries.set(entry.evaluationId, entry);
    return evaluations;
  }

  /** The latest first. */
  list(): readonly EvaluationEntry[] {
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

  /** It is on the disk when this resolves. Throws `evaluation_store_unavailable`. */
  async add(entry: EvaluationEntry, programs: EvaluationPrograms): Promise<void> {
    await this.#parts.store.add(entry, programs).catch((cause: unknown) => this.#unavailable(cause));
    this.#entries.set(entry.evaluationId, entry);
  }

  async begin(evaluationId: string): Promise<void> {
    await this.#change(evaluationId, { status: "running", startedAt: this.#now() });
  }

  /** The share of the log that is read. Not written down: whoever starts again has none. */
  read(evaluationId: string, progress: number): void {
    const entry = this.#entries.get(evaluationId);
    if (entry !== undefined) this.#entries.set(evaluationId, { ...entry, progress });
  }

  async end(evaluationId: string, ending: JobEnding): Promise<void> {
    const endedAt = this.#now();
    if (ending.kind === "reported") {
      await this.#change(evaluationId, { status: "done", progress: 1, endedAt, verdict: ending.verdict });
    } else {
      const { code, detail } = ending;
      await this.#change(evaluationId, { status: "failed", endedAt, failure: { code, detail } });
    }
    this.#parts.observer.ended(this.entry(evaluationId));
  }

  /** Ends one of a process that did not; what that left behind goes. */
  async interrupt(evaluationId: string, ending: JobEnding): Promise<void> {
    await this.#parts.store.tidy(evaluationId).catch((cause: unknown) => this.#parts.observer.trouble(cause));
    await this.end(evaluationId, ending);
  }

  /** @throws LiftgateError `evaluation_store_unavailable`: then it is still kept */
  async remove(evaluationId: string): Promise<void> {
    await this.#parts.store.remove(evaluationId).catch((cause: unknown) => this.#unavailable(cause));
    this.#entries.delete(evaluationId);
  }

  /** Of those that have ended the latest stay. */
  async forgetOldest(): Promise<void> {
    const ended = [...this.#entries.values()].filter(({ endedAt }) => endedAt !== null);
    for (const { evaluationId } of ended.slice(0, Math.max(0, ended.length - EVALUATIONS_KEPT_MAX))) {
      this.#entries.delete(evaluationId);
      await this.#parts.store.remove(evaluationId).catch((cause: unknown) => this.#parts.observer.trouble(cause));
    }
  }

  async #change(evaluationId: string, change: Partial<EvaluationEntry>): Promise<void> {
    const entry = { ...this.entry(evaluationId), ...change };
    this.#entries.set(evaluationId, entry);
    await this.#parts.store.save(entry).catch((cause: unknown) => this.#parts.observer.trouble(cause));
  }

  #unavailable(cause: unknown): never {
    this.#parts.observer.trouble(cause);
    throw new LiftgateError("evaluation_store_unavailable");
  }

  #now(): string {
    return new Date(this.#parts.nowMs()).toISOString();
  }
}
