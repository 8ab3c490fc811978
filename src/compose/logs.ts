/** The logs in DATA_DIR: what the process before left is put in order, then each has its keeper. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import { recoverLog } from "../adapters/file/cut-torn-tail.ts";
import { FileDecisionLog } from "../adapters/file/decision-log.ts";
import { LogKeeper } from "../adapters/file/log-keeper.ts";
import { sealInWorker } from "../adapters/file/seal-in-worker.ts";
import { SegmentLog, type SegmentLogOptions } from "../adapters/file/segment-log.ts";
import type { LogKind } from "../adapters/file/segment-name.ts";
import { durationMs } from "../contract/identifiers.ts";
import type { Config } from "../ops/config.ts";
import { tellLog } from "../ops/log-metrics.ts";
import type { Metrics } from "../ops/metrics.ts";
import { TIMER } from "./timer.ts";

export interface LogParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Since when spending may have to be proved: nothing of that time is deleted. */
  readonly neededSinceMs: (kind: LogKind) => number;
  readonly witnesses: readonly LogWitness[];
}

/** Told what a log writes, to the segment that it opened last. */
export interface LogWitness {
  /** Before anything is written to it; everything before it is written. */
  readonly opened: (kind: LogKind, path: string) => void;
  readonly wrote: (kind: LogKind, bytes: number) => void;
}

export interface KeptLog<Log extends SegmentLog> {
  readonly log: Log;
  /** Ends the keeper, then writes what waits. */
  close(): Promise<void>;
}

export function openDecisionLog(config: Config, parts: LogParts): Promise<KeptLog<FileDecisionLog>> {
  return openLog("decisions", (options) => new FileDecisionLog(options), { ...parts, config });
}

export function openOutcomeLog(config: Config, parts: LogParts): Promise<KeptLog<SegmentLog>> {
  return openLog("outcomes", (options) => new SegmentLog({ ...options, kind: "outcomes" }), { ...parts, config });
}

/** Opens the log of this kind, in the folder of its name. */
async function openLog<Log extends SegmentLog>(
  kind: LogKind,
  create: (options: Omit<SegmentLogOptions, "kind">) => Log,
  { config, metrics, logger, neededSinceMs, witnesses }: LogParts & { readonly config: Config },
): Promise<KeptLog<Log>> {
  const directory = join(config.DATA_DIR, kind);
  const told = tellLog(kind, { metrics: metrics.logs, logger });
  const tell: typeof told = {
    ...told,
    wrote: (group) => {
      for (const { wrote } of witnesses) wrote(kind, group.bytes);
      told.wrote(group);
    },
    segmentOpened: (path) => {
      for (const { opened } of witnesses) opened(kind, path);
      told.segmentOpened(path);
    },
  };
  // A disk that does not allow it is no reason not to start: readers stop at a torn tail by themselves.
  const tails = await recoverLog(directory, kind).catch((cause: unknown) => tell.keepingFailed(cause));
  for (const tail of tails ?? []) tell.cutOff(tail);
  const log = create({
    directory,
    durability: config.DURABILITY,
    clock: Date.now,
    stopwatch: () => performance.now(),
    segmentSuffix: () => randomBytes(4).toString("hex"),
    observer: tell,
  });
  const keeper = new LogKeeper({
    kind,
    directory,
    isOpen: (path) => log.isOpen(path),
    retentionMs: config.LOG_RETENTION === undefined ? null : durationMs(config.LOG_RETENTION),
    neededSinceMs: () => neededSinceMs(kind),
    seal: sealInWorker,
    timer: TIMER,
    clock: Date.now,
    observer: { ...tell, failed: tell.keepingFailed },
  });
  keeper.start();
  return {
    log,
    close: async () => {
      await keeper.close();
      await log.close();
    },
  };
}
