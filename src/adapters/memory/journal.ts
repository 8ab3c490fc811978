/**
 * A file of lines that only grows: how embedded stores outlive their process.
 *
 * A line that a crash cut short is the last one and was never acknowledged: it is cut off. What a whole
 * line means, and whether it is damaged, is for the store to say.
 */
import { createReadStream, fstatSync } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

const NEWLINE = 0x0a;

/** Bytes read so far and in all. */
export type LoadProgress = (doneBytes: number, totalBytes: number) => void;

export interface ReadOptions {
  /** No line is longer: more without an end is damage, and is not gathered in memory. */
  readonly lineBytesMax: number;
  /** Throws `damage` if the line is not right. */
  readonly onLine: (text: string, place: string) => void;
  /** What the operator is told of the line at `place`. */
  readonly damage: (place: string) => Error;
  readonly onProgress?: LoadProgress | undefined;
}

export interface ReadJournal {
  readonly lines: number;
  /** Where the next line starts: the end of the last whole one. */
  readonly endBytes: number;
}

/** Reads every whole line in order; a file that does not exist has none. */
export async function readJournal(path: string, options: ReadOptions): Promise<ReadJournal> {
  const { lineBytesMax, onLine, damage, onProgress = () => undefined } = options;
  const totalBytes = await sizeOf(path);
  let lines = 0;
  let endBytes = 0;
  if (totalBytes === 0) return { lines, endBytes };
  let rest: Buffer = Buffer.alloc(0);
  let doneBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      lines++;
      onLine(bytes.toString("utf8", start, end), `${path}:${lines}`);
      endBytes += end + 1 - start;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > lineBytesMax) throw damage(`${path}:${lines + 1}`);
    doneBytes += chunk.length;
    onProgress(doneBytes, totalBytes);
  }
  return { lines, endBytes };
}

/** Writes a new file beside the old one and puts it in its place, whole or not at all; returns its length. */
export async function replaceJournal(path: string, lines: Iterable<string>): Promise<number> {
  const next = `${path}.next`;
  const bytes = await writeDurably(next, lines);
  await rename(next, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return bytes;
}

/** Appends lines, each call whole or not at all. */
export class JournalWriter {
  readonly #file: FileHandle;
  readonly #sync: "synced" | "written";
  /** The end of the last whole line; a failed append may have left bytes after it. */
  #endBytes: number;
  #torn = false;

  private constructor(file: FileHandle, endBytes: number, sync: "synced" | "written") {
    this.#file = file;
    this.#endBytes = endBytes;
    this.#sync = sync;
  }

  /**
   * Cuts off what a crash left after the last whole line.
   *
   * @param sync whether an append is on the disk when it resolves, or only with the system
   */
  static async open(path: string, endBytes: number, sync: "synced" | "written" = "written"): Promise<JournalWriter> {
    const file = await open(path, "a", 0o600);
    await file.truncate(endBytes);
    return new JournalWriter(file, endBytes, sync);
  }

  get bytes(): number {
    return this.#endBytes;
  }

  /** Whether the file still has a name: what is written to one without is lost when it is closed. */
  isLinked(): boolean {
    return fstatSync(this.#file.fd).nlink > 0;
  }

  /** Calls must not overlap. What a failed call (a full disk) wrote is cut off before the next one writes. */
  async append(lines: string): Promise<void> {
    if (this.#torn) await this.#file.truncate(this.#endBytes);
    this.#torn = true;
    await this.#file.appendFile(lines);
    if (this.#sync === "synced") await this.#file.datasync();
    if (!this.isLinked()) throw new Error("the file was deleted or replaced while open");
    this.#torn = false;
    this.#endBytes += Buffer.byteLength(lines);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function writeDurably(path: string, lines: Iterable<string>): Promise<number> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(inBlocks(lines));
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}

/** Lines in blocks of about 64 KiB: a write call for each line would take a hundred times longer. */
function* inBlocks(lines: Iterable<string>): Generator<string> {
  let block = "";
  for (const line of lines) {
    block += line;
    if (block.length < 65_536) continue;
    yield block;
    block = "";
  }
  yield block;
}
