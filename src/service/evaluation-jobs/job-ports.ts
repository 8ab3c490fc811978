/** What evaluations that run beside decisions need of the world. */
import type { EvaluationEntry, EvaluationPrograms, EvaluationRequest } from "../../contract/evaluations.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Opened } from "../../core/ports.ts";

export type Verdict = NonNullable<EvaluationEntry["verdict"]>;

/** Rejects where the disk does. */
export interface JobStore {
  /** Oldest first; those that are damaged are left out. */
  entries(): Promise<readonly EvaluationEntry[]>;
  add(entry: EvaluationEntry, programs: EvaluationPrograms): Promise<void>;
  save(entry: EvaluationEntry): Promise<void>;
  remove(evaluationId: string): Promise<void>;
  /** Removes what a process that was killed left behind. */
  tidy(evaluationId: string): Promise<void>;
  report(evaluationId: string, form: "json" | "html"): Promise<string>;
}

export type JobEnding =
  | { readonly kind: "reported"; readonly verdict: Verdict }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly detail: string };

/** An evaluation in a process of its own. */
export interface RunningJob {
  /** Never rejects. */
  readonly ended: Promise<JobEnding>;
  stop(): void;
}

export interface JobParts {
  readonly store: JobStore;
  /** Starts the evaluation; `onRead` is told the share of the log that is read. */
  readonly start: (evaluationId: string, request: EvaluationRequest, onRead: (share: number) => void) => RunningJob;
  /** The file as a program that could be loaded now, or why not. */
  readonly check: (file: string) => Opened<ProgramText>;
  readonly newId: () => string;
  readonly nowMs: () => number;
  readonly observer: {
    readonly waiting: (counts: { readonly queued: number; readonly running: number }) => void;
    readonly ended: (entry: EvaluationEntry) => void;
    /** What cannot be told to anybody who asked. */
    readonly trouble: (cause: unknown) => void;
  };
}
