/**
 * The file behind the embedded feature store: one JSON line per row written, the newest of a user and
 * set wins.
 *
 *     {"userId":"u42","set":"hillstrom-email","row":"<base64 of the packed row>"}
 *
 * A line that a crash cut short is the last one and was never acknowledged: it is cut off. A bad line
 * with others after it is damage, and the file is refused rather than read in part.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { Id, Slug } from "../../contract/identifiers.ts";
import { FEATURES_MAX } from "../../contract/limits.ts";

/** Header of 16 bytes and 4 for each value, in base64. */
const ROW_TEXT_MAX = Math.ceil((16 + 4 * FEATURES_MAX) / 3) * 4;
/** A row, its names and the JSON around them. */
const LINE_BYTES_MAX = ROW_TEXT_MAX + 1_024;
const NEWLINE = 0x0a;

const Line = z.strictObject({ userId: Id, set: Slug, row: z.base64().max(ROW_TEXT_MAX) });

export interface JournalRow {
  readonly userId: string;
  readonly set: string;
  readonly packed: Uint8Array;
}

/** Bytes read so far and in all. */
export type LoadProgress = (doneBytes: number, totalBytes: number) => void;

export interface ReadJournal {
  readonly lines: number;
  /** Where the next line starts: the end of the last whole one. */
  readonly endBytes: number;
}

/** Reads every whole line in order; a file that does not exist has none. */
export async function readJournal(
  path: string,
  onRow: (row: JournalRow) => void,
  onProgress: LoadProgress,
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
      onRow(parseLine(bytes.toString("utf8", start, end), `${path}:${lines}`));
      endBytes += end + 1 - start;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > LINE_BYTES_MAX) throw damage(`${path}:${lines + 1}`);
    doneBytes += chunk.length;
    onProgress(doneBytes, totalBytes);
  }
  return { lines, endBytes };
}

export function journalLine(row: JournalRow): string {
  const base64 = Buffer.from(row.packed.buffer, row.packed.byteOffset, row.packed.byteLength).toString("base64");
  return `${JSON.stringify({ userId: row.userId, set: row.set, row: base64 })}\n`;
}

/** Writes a new file beside the old one and puts it in its place, whole or not at all; returns its length. */
export async function replaceJournal(path: string, rows: Iterable<JournalRow>): Promise<number> {
  const next = `${path}.next`;
  const bytes = await writeDurably(next, rows);
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
  /** The end of the last whole line; a failed append may have left bytes after it. */
  #endBytes: number;
  #torn = false;

  private constructor(file: FileHandle, endBytes: number) {
    this.#file = file;
    this.#endBytes = endBytes;
  }

  /** Cuts off what a crash left after the last whole line. */
  static async open(path: string, endBytes: number): Promise<JournalWriter> {
    const file = await open(path, "a", 0o600);
    await file.truncate(endBytes);
    return new JournalWriter(file, endBytes);
  }

  /** Calls must not overlap. What a failed call (a full disk) wrote is cut off before the next one writes. */
  async append(lines: string): Promise<void> {
    if (this.#torn) await this.#file.truncate(this.#endBytes);
    this.#torn = true;
    await this.#file.appendFile(lines);
    this.#torn = false;
    this.#endBytes += Buffer.byteLength(lines);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function writeDurably(path: string, rows: Iterable<JournalRow>): Promise<number> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(inBlocks(rows));
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

function parseLine(text: string, place: string): JournalRow {
  const parsed = Line.safeParse(parseJson(text));
  if (!parsed.success) throw damage(place);
  const { userId, set, row } = parsed.data;
  return { userId, set, packed: new Uint8Array(Buffer.from(row, "base64")) };
}

function damage(place: string): Error {
  const remedy = "restore the file from a copy, or remove the line and write that user's features again";
  return new Error(`${place} is not a feature row {"userId","set","row"}: ${remedy}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lines in blocks of about 64 KiB: a write call for each line would take a hundred times longer. */
function* inBlocks(rows: Iterable<JournalRow>): Generator<string> {
  let block = "";
  for (const row of rows) {
    block += journalLine(row);
    if (block.length < 65_536) continue;
    yield block;
    block = "";
  }
  yield block;
}
