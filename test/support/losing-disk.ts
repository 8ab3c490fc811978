/**
 * A disk in memory that keeps what was synced apart from what was only written, and forgets at a power loss as real
 * ones do: files whose directory was not synced, and all or some of the bytes that were not, cut anywhere. A sync that
 * fails drops the bytes it could not write, and the next one says that all is well, as Linux does.
 */
import { type CreateSegmentFile, type SegmentFile } from "../../src/adapters/file/segment.ts";

/** What goes wrong with one call: nothing, an error before or after half of it was done. */
export type DiskFault = "none" | "create" | "write" | "short write" | "sync";

export interface DiskOptions {
  /** One is drawn for each call that can fail. */
  readonly nextFault: () => DiskFault;
  /** How many turns of the event loop a call takes. */
  readonly nextTurns: () => number;
  /** In [0, 1): how much of what was not synced is there after a power loss; below 0 the file may be gone, too. */
  readonly nextSurvival: () => number;
}

interface StoredFile {
  bytes: Buffer;
  /** How many of them are on the disk for good. */
  syncedBytes: number;
  isEntrySynced: boolean;
}

export class LosingDisk {
  readonly #options: DiskOptions;
  readonly #files = new Map<string, StoredFile>();
  #isOff = false;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  readonly createFile: CreateSegmentFile = async (path, durability) => {
    await this.#work();
    if (this.#options.nextFault() === "create") throw systemError("EIO");
    const file: StoredFile = { bytes: Buffer.alloc(0), syncedBytes: 0, isEntrySynced: durability === "power" };
    this.#files.set(path, file);
    return this.#handleOf(file);
  };

  /** From now on nothing reaches the disk, and nobody hears from it. What is left, file by file in order of names. */
  losePower(): readonly Buffer[] {
    this.#isOff = true;
    const paths = [...this.#files.keys()].toSorted();
    return paths.flatMap((path) => {
      const file = this.#files.get(path);
      if (file === undefined) return [];
      const survival = this.#options.nextSurvival();
      if (!file.isEntrySynced && survival < 0) return [];
      const unsynced = file.bytes.length - file.syncedBytes;
      return [file.bytes.subarray(0, file.syncedBytes + Math.floor(Math.max(0, survival) * (unsynced + 1)))];
    });
  }

  #handleOf(file: StoredFile): SegmentFile {
    return {
      write: async (bytes) => {
        await this.#work();
        const fault = this.#options.nextFault();
        const half = fault === "write" || fault === "short write";
        const taken = half ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes;
        file.bytes = Buffer.concat([file.bytes, taken]);
        if (fault === "write") throw systemError("EIO");
        return taken.length;
      },
      datasync: async () => {
        const writtenBytes = file.bytes.length;
        await this.#work();
        if (this.#options.nextFault() === "sync") {
          file.bytes = Buffer.concat([file.bytes.subarray(0, file.syncedBytes)]);
          throw systemError("EIO");
        }
        file.syncedBytes = Math.min(writtenBytes, file.bytes.length);
      },
      linkCount: () => 1,
      truncate: async (length) => {
        await this.#work();
        file.bytes = file.bytes.subarray(0, length);
        file.syncedBytes = Math.min(file.syncedBytes, length);
      },
      close: () => this.#work(),
    };
  }

  /** Takes its time; without power, for ever. */
  async #work(): Promise<void> {
    for (let turns = this.#options.nextTurns(); turns > 0; turns--) await new Promise(setImmediate);
    if (this.#isOff) await new Promise(() => undefined);
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
