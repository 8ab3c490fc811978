/** Writing one file of a log. */
import { constants, fstatSync } from "node:fs";
import { mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { SegmentName } from "./segment-name.ts";

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

/** An open segment. Only bytes of an `append` that resolved count as the log's. */
export class Segment {
  readonly path: string;
  readonly startMs: number;
  readonly #file: SegmentFile;
  readonly #durability: Durability;
  #acknowledgedBytes = 0;

  constructor(name: Pick<SegmentName, "path" | "startMs">, file: SegmentFile, durability: Durability) {
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

/** New, renamed and deleted entries are durable once their directory is synced. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** From `directory` up to `top`, both included. */
async function syncDirectories(directory: string, top: string): Promise<void> {
  await syncDirectory(directory);
  if (directory !== top) await syncDirectories(dirname(directory), top);
}
