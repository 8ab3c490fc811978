/**
 * An evaluation as `liftgate evaluate` makes it, in a process of its own at the lowest priority: it takes what decisions
 * leave of the processor, and what it does to its memory is its own.
 */
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import type { EvaluationPaths } from "../adapters/file/evaluation-folder.ts";
import { type EvaluationRequest, EvaluationTold } from "../contract/evaluations.ts";
import type { Config } from "../ops/config.ts";
import type { JobEnding, RunningJob } from "../service/evaluation-jobs/job-ports.ts";

/** A million decisions whose model scores again take minutes; what takes longer than this keeps all others waiting. */
const TIME_MS_MAX = 3_600_000;
/** How long a process that is told to end may take to tidy up. */
const TIDY_MS = 1_000;
/** Of what the process says on its way down. */
const LAST_WORDS_LENGTH_MAX = 2_000;
const NOT_STARTED = "Its process could not be started";

export interface ChildTask {
  /** The file that Node.js runs. */
  readonly entryPoint: string;
  readonly request: EvaluationRequest;
  readonly paths: EvaluationPaths;
  readonly onRead: (share: number) => void;
  /** For operators: what the process said on its way down, when it ended without a word to us. */
  readonly onCrash: (lastWords: string) => void;
}

/** What Node.js is to run, for the thread that starts it. */
export interface ChildSetup {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What that thread passes on. */
export type ThreadTold =
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "said"; readonly text: string }
  | { readonly kind: "closed"; readonly by: string };

type Folders = Pick<Config, "DATA_DIR" | "MODELS_DIR" | "PROGRAMS_DIR">;

export function evaluateInChild(folders: Folders, task: ChildTask): RunningJob {
  const stopping = new AbortController();
  return { ended: endOf(folders, task, stopping.signal), stop: () => stopping.abort() };
}

async function endOf(folders: Folders, task: ChildTask, stopping: AbortSignal): Promise<JobEnding> {
  const { scratch } = task.paths;
  try {
    await mkdir(scratch, { recursive: true });
    return await endingOf(start(folders, task), task, stopping);
  } catch (cause) {
    task.onCrash(cause instanceof Error ? cause.message : String(cause));
    return failed(NOT_STARTED);
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

function start({ DATA_DIR, MODELS_DIR, PROGRAMS_DIR }: Folders, { entryPoint, request, paths }: ChildTask): Worker {
  const setup: ChildSetup = {
    args: [entryPoint, "evaluate", ...argumentsOf(request, paths)],
    // It has no use for the service's secrets.
    environment: {
      DATA_DIR: resolve(DATA_DIR),
      MODELS_DIR: resolve(MODELS_DIR),
      PROGRAMS_DIR: resolve(PROGRAMS_DIR),
      TMPDIR: resolve(paths.scratch),
    },
  };
  return new Worker(new URL("./child-thread.ts", import.meta.url), { workerData: setup });
}

/** Only what the request's schema let through: nothing of it reads as an option. */
function argumentsOf(request: EvaluationRequest, { candidate, incumbent, out }: EvaluationPaths): readonly string[] {
  const { programId, spend, slices, protected: attributes } = request;
  const { lambda, from, until, window, exposures, propensity, level, floor, tolerance, minSlice } = request;
  const files = { candidate: resolve(candidate), out: resolve(out), program: programId };
  const terms = { lambda, from, until, window, exposures, propensity, level, floor, tolerance };
  const given = { ...files, ...terms, "min-slice": minSlice };
  return [
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...(request.incumbent === undefined ? [] : ["--incumbent", resolve(incumbent)]),
    ...(spend === "equal" ? ["--spend", "equal"] : spend === "any" ? ["--any-spend"] : []),
    ...(slices === undefined ? [] : ["--slice", ...slices]),
    ...(attributes === undefined ? [] : ["--protected", ...attributes]),
  ];
}

/** Rejects where the thread fails. */
async function endingOf(thread: Worker, task: ChildTask, stopping: AbortSignal): Promise<JobEnding> {
  const heard = listenTo(thread, task.onRead);
  const late = AbortSignal.timeout(TIME_MS_MAX);
  for (const signal of [stopping, late]) {
    signal.addEventListener("abort", () => end(thread), { once: true });
    if (signal.aborted) end(thread);
  }
  await once(thread, "exit");
  if (heard.ending !== null) return heard.ending;
  if (late.aborted) return failed(`It was stopped after ${TIME_MS_MAX / 60_000} minutes`);
  if (!stopping.aborted) task.onCrash(heard.lastWords);
  return failed(heard.endedBy === null ? NOT_STARTED : `Its process ended by ${heard.endedBy}`);
}

interface Heard {
  ending: JobEnding | null;
  lastWords: string;
  /** Null until it ended; also where it never began. */
  endedBy: string | null;
}

function listenTo(thread: Worker, onRead: ChildTask["onRead"]): Readonly<Heard> {
  const heard: Heard = { ending: null, lastWords: "", endedBy: null };
  thread.on("message", (told: ThreadTold) => {
    if (told.kind === "closed") heard.endedBy = told.by;
    else if (told.kind === "said") heard.lastWords = `${heard.lastWords}${told.text}`.slice(-LAST_WORDS_LENGTH_MAX);
    else {
      const parsed = EvaluationTold.safeParse(told.message);
      if (!parsed.success) {
        heard.lastWords = "it told what no evaluation tells";
        end(thread);
      } else if (parsed.data.kind === "read") onRead(parsed.data.share);
      else heard.ending = parsed.data;
    }
  });
  return heard;
}

function end(thread: Worker): void {
  thread.postMessage("SIGTERM", []);
  // While it computes it hears nothing.
  const timer = setTimeout(() => thread.postMessage("SIGKILL", []), TIDY_MS);
  thread.once("exit", () => clearTimeout(timer));
}

function failed(detail: string): JobEnding {
  return { kind: "failed", code: "evaluation_failed", detail };
}
