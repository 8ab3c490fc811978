/**
 * One file of the decision log: its name, and writing to it.
 *
 * The name carries the clock reading at creation. The log leaves a segment when the clock leaves
 * [start, start + SEGMENT_SPAN_MS), so names alone say which segments can hold a record of a given
 * time, whatever the clock or other processes did.
 */
import { constants, fstatSync } from "node:fs";
import { mkdir, open, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";

/** How long a segment may take records: bounds how much of the log a search has to read. */
export const SEGMENT_SPAN_MS = 3_600_000;

/** `process`: written, survives kill -9 of this process. `power`: on the disk, survives power loss. */
export type Durability = "process" | "power";

/** The few calls a segment makes on its file. */
export interface SegmentFile {
  /** Appends; answers how many bytes the system took. */
  write(bytes: Uint8Array): Promise<number>;
  datasync(): Promise<void>;
  /** Directory entries that lead to the file; 0 once it was deleted, when writes still succeed but nobody can read them. */
  linkCount(): number;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Creates the file, which must not exist. For `power` its directory entry is on the disk before this resolves. */
export type CreateSegmentFile = (path: string, durability: Durability) => Promise<SegmentFile>;

export interface SegmentName {
  readonly path: string;
  readonly startMs: number;
}

/**
 * @example segmentFileName(Date.UTC(2026, 10, 21, 20, 0, 0, 123), "0badcafe")
 * // "decisions-20261121T200000123Z-0badcafe.ndjson"
 */
export function segmentFileName(startMs: number, suffix: string): string {
  return `decisions-${new Date(startMs).toISOString().replace(/[-:.]/g, "")}-${suffix}.ndjson`;
}

/** The segments of a directory, oldest first; none if the directory does not exist. Other files are left out. */
export async function listSegments(directory: string): Promise<readonly SegmentName[]> {
  const names = await readdir(directory).catch(noneIfAbsent);
  const segments: SegmentName[] = [];
  for (const name of names.toSorted()) {
    const startMs = segmentStartMs(name);
    if (startMs !== null) segments.push({ path: join(directory, name), startMs });
  }
  return segments;
}

/** An open segment. Only bytes of an `append` that resolved count as the log's. */
export class Segment {
  readonly path: string;
  readonly startMs: number;
  readonly #file: SegmentFile;
  readonly #durability: Durability;
  #acknowledgedBytes = 0;

  constructor(name: SegmentName, file: SegmentFile, durability: Durability) {
    this.path = name.path;
    this.startMs = name.startMs;
    this.#file = file;
    this.#durability = durability;
  }

  get bytes(): number {
    return this.#acknowledgedBytes;
  }

  /**
   * Writes whole lines and makes them as durable as configured. After a throw the end of the file is
   * unknown and the segment must be abandoned: a sync that failed may have dropped the pages it could
   * not write, so a second one that succeeds would prove nothing.
   */
  async append(lines: Uint8Array): Promise<void> {
    const written = await this.#file.write(lines);
    if (written !== lines.length) throw new Error(`short write: ${written} of ${lines.length} bytes`);
    if (this.#durability === "power") await this.#file.datasync();
    if (this.#file.linkCount() === 0) throw new Error("the segment was deleted while open");
    this.#acknowledgedBytes += lines.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Cuts off what was not acknowledged, as far as the disk still lets us; a reader copes with what stays. */
  async abandon(): Promise<void> {
    await this.#file.truncate(this.#acknowledgedBytes).catch(() => undefined);
    if (this.#acknowledgedBytes === 0) await unlink(this.path).catch(() => undefined);
    await this.#file.close().catch(() => undefined);
  }
}

/** The file system's own files. */
export const createSegmentFile: CreateSegmentFile = async (path, durability) => {
  const directory = dirname(path);
  const firstCreated = await mkdir(directory, { recursive: true, mode: 0o750 });
  const handle = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
    0o640,
  );
  if (durability === "power") {
    try {
      await syncDirectories(directory, firstCreated === undefined ? directory : dirname(firstCreated));
    } catch (cause) {
      await handle.close();
      await unlink(path);
      throw cause;
    }
  }
  return {
    write: async (bytes) => (await handle.write(bytes)).bytesWritten,
    datasync: () => handle.datasync(),
    linkCount: () => fstatSync(handle.fd).nlink,
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
};

/** A new entry is durable once its directory is synced: from `directory` up to `top`, both included. */
async function syncDirectories(directory: string, top: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (directory !== top) await syncDirectories(dirname(directory), top);
}

/** A segment's start as its name says, or null for a name that is not a segment's. */
function segmentStartMs(fileName: string): number | null {
  const parts = /^decisions-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}\.ndjson$/.exec(fileName);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, ms] = parts;
  const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(startMs) ? null : startMs;
}

function noneIfAbsent(cause: NodeJS.ErrnoException): string[] {
  if (cause.code === "ENOENT") return [];
  throw new LiftgateError("log_unavailable", `The decision log cannot be read: ${cause.code ?? cause.message}`);
}
