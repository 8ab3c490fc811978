/**
 * A file of lines that an embedded store is rebuilt from.
 *
 * A line that a crash cut short is the last one and was never acknowledged: it is cut off. A bad line
 * with others after it is damage, and the file is refused rather than read in part.
 */
import { constants, createReadStream, fstatSync } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

const NEWLINE = 0x0a;
/** Every write goes to the end, wherever a failed one was cut off. */
const WRITE_ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** What one line says. */
export interface LineForm<Entry> {
  /** No line is longer. */
  readonly bytesMax: number;
  /** Null where the text says nothing of the kind. */
  readonly parse: (text: string) => Entry | null;
  /** What a bad line is not, and what to do about it, for the operator. */
  readonly remedy: string;
}

/** Bytes read so far and in all. */
export type LoadProgress = (doneBytes: number, totalBytes: number) => void;

export interface ReadJournal {
  readonly lines: number;
  /** Where the next line starts: the end of the last whole one. */
  readonly endBytes: number;
}

export interface JournalReading<Entry> {
  readonly form: LineForm<Entry>;
  readonly onEntry: (entry: Entry) => void;
  readonly onProgress?: LoadProgress | undefined;
}

/**
 * Reads every whole line in order; a file that does not exist has none.
 *
 * @throws Error naming the line when the file is damaged
 */
export async function readJournal<Entry>(
  path: string,
  { form, onEntry, onProgress }: JournalReading<Entry>,
): Promise<ReadJournal> {
  const totalBytes = await sizeOf(path);
  let lines = 0;
  let endBytes = 0;
  if (totalBytes === 0) return { lines, endBytes };
  let rest: Buffer = Buffer.alloc(0);
  let doneBytes = 0;
  for await (const chunk of createReadStream(path, {
    highWaterMark: 1024 * 1024,
  }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      lines++;
      const entry = form.parse(bytes.toString("utf8", start, end));
      if (entry === null) throw damage(`${path}:${lines}`, form);
      onEntry(entry);
      endBytes += end + 1 - start;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > form.bytesMax) throw damage(`${path}:${lines + 1}`, form);
    doneBytes += chunk.length;
    onProgress?.(doneBytes, totalBytes);
  }
  return { lines, endBytes };
}

/** Whether an append is on the disk when it resolves, or only with the system. */
export type JournalSync = "synced" | "written";

/** Appends lines, each call whole or not at all. */
export class JournalWriter {
  readonly #file: FileHandle;
  readonly #sync: JournalSync;
  /** The end of the last whole line; a failed append may have left bytes after it. */
  #endBytes: number;
  #torn = false;

  private constructor(file: FileHandle, endBytes: number, sync: JournalSync) {
    this.#file = file;
    this.#endBytes = endBytes;
    this.#sync = sync;
  }

  /** Cuts off what a crash left after the last whole line. */
  static async open(path: string, endBytes: number, sync: JournalSync = "written"): Promise<JournalWriter> {
    const file = await open(path, "a", 0o600);
    await file.truncate(endBytes);
    return new JournalWriter(file, endBytes, sync);
  }

  /**
   * Writes a new file beside the old one and puts it in its place, whole or not at all. When this throws the
   * old one stands as it was, or has lost its name and takes nothing more: then do it again.
   */
  static async replace(path: string, lines: Iterable<string>, sync: JournalSync = "written"): Promise<JournalWriter> {
    const next = `${path}.next`;
    const file = await open(next, WRITE_ANEW, 0o600);
    try {
      await file.writeFile(inBlocks(lines));
      await file.sync();
      const endBytes = (await file.stat()).size;
      await rename(next, path);
      await syncFolderOf(path);
      return new JournalWriter(file, endBytes, sync);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#endBytes;
  }

  /** Whether the file still has a name: what is written to one without is lost when it is closed. */
  isLinked(): boolean {
    return fstatSync(this.#file.fd).nlink > 0;
  }

  /**
   * Calls must not overlap. What a failed call (a full disk) wrote is cut off before the next one writes. When
   * another process has written to the file this one writes no more: each would go on without what the other said.
   */
  async append(lines: string): Promise<void> {
    if (this.#torn) await this.#file.truncate(this.#endBytes);
    if (fstatSync(this.#file.fd).size !== this.#endBytes) throw new Error("another process writes to the file");
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

/** Makes a replaced file's name outlast a loss of power. */
async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
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

function damage(place: string, { remedy }: LineForm<unknown>): Error {
  return new Error(`${place} ${remedy}`);
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
