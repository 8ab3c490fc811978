/**
 * An evaluation as `liftgate evaluate` makes it, in a process of its own at the lowest priority: it takes what decisions
 * leave of the processor, and what it does to its memory is its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { EvaluationPaths } from "../adapters/file/evaluation-folder.ts";
import { type EvaluationRequest, EvaluationTold } from "../contract/evaluations.ts";
import type { Config } from "../ops/config.ts";
import type { JobEnding, RunningJob } from "../service/evaluation-jobs/job-ports.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** A million decisions whose model scores again take minutes; what takes longer than this keeps all others waiting. */
const TIME_MS_MAX = 3_600_000;
/** How long a process that is told to end may take to tidy up. */
const TIDY_MS = 1_000;
/** Of what the process says on its way down. */
const LAST_WORDS_LENGTH_MAX = 2_000;

export interface ChildTask {
  readonly request: EvaluationRequest;
  readonly paths: EvaluationPaths;
  readonly onRead: (share: number) => void;
  /** For operators: what the process said on its way down, when it ended without a word to us. */
  readonly onCrash: (lastWords: string) => void;
}

export function evaluateInChild(config: Config, task: ChildTask): RunningJob {
  const stopping = new AbortController();
  return { ended: endOf(config, task, stopping.signal), stop: () => stopping.abort() };
}

async function endOf(config: Config, task: ChildTask, stopping: AbortSignal): Promise<JobEnding> {
  const { scratch } = task.paths;
  try {
    await mkdir(scratch, { recursive: true });
    return await endingOf(start(config, task), task, stopping);
  } catch (cause) {
    task.onCrash(cause instanceof Error ? cause.message : String(cause));
    return failed("The process could not be started");
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

function start({ DATA_DIR, MODELS_DIR }: Config, { request, paths }: ChildTask): ChildProcess {
  const child = spawn(process.execPath, [MAIN, "evaluate", ...argumentsOf(request, paths)], {
    // It has no use for the service's secrets.
    env: { DATA_DIR: resolve(DATA_DIR), MODELS_DIR: resolve(MODELS_DIR), TMPDIR: resolve(paths.scratch) },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return child;
}

/** Only what the request's schema let through: nothing of it reads as an option. */
function argumentsOf(request: EvaluationRequest, { candidate, out }: EvaluationPaths): readonly string[] {
  const { programId, lambda, spend, slices, protected: attributes } = request;
  const { from, until, window, exposures, propensity, level, tolerance } = request;
  const given = { lambda, from, until, window, exposures, propensity, level, tolerance };
  return [
    ...["--candidate", resolve(candidate), "--out", resolve(out), "--program", programId],
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...(spend === "equal" ? ["--spend", "equal"] : spend === "any" ? ["--any-spend"] : []),
    ...(slices === undefined ? [] : ["--slice", ...slices]),
    ...(attributes === undefined ? [] : ["--protected", ...attributes]),
  ];
}

function endingOf(child: ChildProcess, { onRead, onCrash }: ChildTask, stopping: AbortSignal): Promise<JobEnding> {
  return new Promise((done, reject) => {
    let ending: JobEnding | null = null;
    let lastWords = "";
    let isLate = false;
    const stop = () => end(child);
    stopping.addEventListener("abort", stop);
    if (stopping.aborted) stop();
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, TIME_MS_MAX);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastWords = `${lastWords}${text}`.slice(-LAST_WORDS_LENGTH_MAX);
    });
    child.on("message", (message) => {
      const told = EvaluationTold.parse(message);
      if (told.kind === "read") onRead(told.share);
      else ending = told;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      stopping.removeEventListener("abort", stop);
      if (ending !== null) return done(ending);
      if (isLate) return done(failed(`It was stopped after ${TIME_MS_MAX / 60_000} minutes`));
      if (!stopping.aborted) onCrash(lastWords);
      done(failed(`Its process ended by ${signal ?? `exit code ${code}`}`));
    });
  });
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
