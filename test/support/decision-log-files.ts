import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileDecisionLog, type DecisionLogOptions } from "../../src/adapters/file/decision-log.ts";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import type { WrittenGroup } from "../../src/adapters/file/segment-log.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";

/** 2026-11-21T20:00:00.123Z */
export const START_MS = Date.UTC(2026, 10, 21, 20, 0, 0, 123);

/** A directory of its own, gone at the end of the scope. */
export class TestDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "liftgate-log-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What a log told its observer. */
export class LogWitness {
  readonly groups: WrittenGroup[] = [];
  readonly opened: string[] = [];
  readonly failures: { readonly cause: unknown; readonly refusedLines: number }[] = [];
  queuedBytes = 0;

  queued(bytes: number): void {
    this.queuedBytes = bytes;
  }
  wrote(group: WrittenGroup): void {
    this.groups.push(group);
  }
  segmentOpened(path: string): void {
    this.opened.push(path);
  }
  failed(cause: unknown, refusedLines: number): void {
    this.failures.push({ cause, refusedLines });
  }
}

/** A log on real files with a clock that stands still and suffixes that count up. */
export function logIn(directory: string, overrides: Partial<DecisionLogOptions> = {}): FileDecisionLog {
  let segments = 0;
  return new FileDecisionLog({
    directory,
    durability: "process",
    clock: () => START_MS,
    stopwatch: () => 0,
    segmentSuffix: () => (++segments).toString(16).padStart(8, "0"),
    observer: new LogWitness(),
    ...overrides,
  });
}

/** A UUIDv7 (RFC 9562, section 5.7): 48 bits of time, then a counter where random bits would be. */
export function idAt(timeMs: number, counter = 0): string {
  const time = timeMs.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${counter.toString(16).padStart(12, "0")}`;
}

/** A record of at least `bytes` bytes. */
export function recordOf(decisionId: string, bytes = 0): string {
  return JSON.stringify({ schema: "liftgate.decision.v1", decisionId, filler: "x".repeat(bytes) });
}

/** The text of every whole record in the directory, segment by segment. */
export async function recordsIn(directory: string): Promise<readonly string[]> {
  const texts: string[] = [];
  const paths = (await listSegments(directory, "decisions")).map((segment) => segment.path);
  for await (const entry of readSegments(paths)) if (entry.kind === "record") texts.push(entry.text);
  return texts;
}
