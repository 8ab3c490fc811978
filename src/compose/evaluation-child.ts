/**
 * An evaluation as `liftgate evaluate` makes it, in a process of its own at the lowest priority: it takes what decisions
 * leave of the processor, and what it does to its memory is its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { resolve } from "node:path";
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

export interface ChildTask {
  /** The file that Node.js runs. */
  readonly entryPoint: string;
  readonly request: EvaluationRequest;
  readonly paths: EvaluationPaths;
  readonly onRead: (share: number) => void;
  /** For operators: what the process said on its way down, when it ended without a word to us. */
  readonly onCrash: (lastWords: string) => void;
}

type Folders = Pick<Config, "DATA_DIR" | "MODELS_DIR">;

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
    return failed("Its process could not be started");
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

function start({ DATA_DIR, MODELS_DIR }: Folders, { entryPoint, request, paths }: ChildTask): ChildProcess {
  const child = spawn(process.execPath, [entryPoint, "evaluate", ...argumentsOf(request, paths)], {
    // It has no use for the service's secrets.
    env: { DATA_DIR: resolve(DATA_DIR), MODELS_DIR: resolve(MODELS_DIR), TMPDIR: resolve(paths.scratch) },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch (cause) {
    // At the priority of decisions it would slow them down.
    child.kill("SIGKILL");
    throw cause;
  }
  return child;
}

/** Only what the request's schema let through: nothing of it reads as an option. */
function argumentsOf(request: EvaluationRequest, { candidate, out }: EvaluationPaths): readonly string[] {
  const { programId, spend, slices, protected: attributes } = request;
  const { lambda, from, until, window, exposures, propensity, level, tolerance } = request;
  const files = { candidate: resolve(candidate), out: resolve(out), program: programId };
  const given = { ...files, lambda, from, until, window, exposures, propensity, level, tolerance };
  return [
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...(spend === "equal" ? ["--spend", "equal"] : spend === "any" ? ["--any-spend"] : []),
    ...(slices === undefined ? [] : ["--slice", ...slices]),
    ...(attributes === undefined ? [] : ["--protected", ...attributes]),
  ];
}

/** Rejects where the process could not be started. */
async function endingOf(child: ChildProcess, task: ChildTask, stopping: AbortSignal): Promise<JobEnding> {
  const told = listenTo(child, task.onRead);
  const late = AbortSignal.timeout(TIME_MS_MAX);
  for (const signal of [stopping, late]) {
    signal.addEventListener("abort", () => end(child), { once: true });
    if (signal.aborted) end(child);
  }
  const [code, signal]: readonly unknown[] = await once(child, "close");
  if (told.ending !== null) return told.ending;
  if (late.aborted) return failed(`It was stopped after ${TIME_MS_MAX / 60_000} minutes`);
  if (!stopping.aborted) task.onCrash(told.lastWords);
  return failed(`Its process ended by ${typeof signal === "string" ? signal : `exit code ${String(code)}`}`);
}

interface ToldByChild {
  ending: JobEnding | null;
  lastWords: string;
}

function listenTo(child: ChildProcess, onRead: ChildTask["onRead"]): Readonly<ToldByChild> {
  const told: ToldByChild = { ending: null, lastWords: "" };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    told.lastWords = `${told.lastWords}${text}`.slice(-LAST_WORDS_LENGTH_MAX);
  });
  child.on("message", (message) => {
    const parsed = EvaluationTold.safeParse(message);
    if (!parsed.success) {
      told.lastWords = "it told what no evaluation tells";
      end(child);
    } else if (parsed.data.kind === "read") onRead(parsed.data.share);
    else told.ending = parsed.data;
  });
  return told;
}

function end(child: ChildProcess): void {
  child.kill("SIGTERM");
  // While it computes it hears nothing.
  const timer = setTimeout(() => child.kill("SIGKILL"), TIDY_MS);
  child.once("close", () => clearTimeout(timer));
}

function failed(detail: string): JobEnding {
  return { kind: "failed", code: "evaluation_failed", detail };
}
