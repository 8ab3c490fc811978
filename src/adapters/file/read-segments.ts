/**
 * Reading segments back, plain or compressed: whole lines in order, in bounded memory (some blocks, or the
 * longest line).
 *
 * A file that ends without a line feed ends in a torn record: its writer died or its disk failed. It
 * was never acknowledged. A line that is not a JSON object elsewhere is damage, and so is a compressed
 * segment whose checksum is wrong or that ends too early; neither is ever skipped silently.
 */
import { isUtf8 } from "node:buffer";
import { stat } from "node:fs/promises";
import { DamagedSegmentError, openSegment } from "./segment-bytes.ts";
import { formsOf } from "./segment-name.ts";

const LINE_FEED = 0x0a;

export type LogEntry =
  | {
      readonly kind: "record";
      readonly path: string;
      readonly line: number;
      readonly text: string;
      readonly record: object;
    }
  | { readonly kind: "corrupt"; readonly path: string; readonly line: number; readonly rule: string }
  | { readonly kind: "torn"; readonly path: string; readonly line: number; readonly bytes: number };

export interface ReadProgress {
  readonly path: string;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/**
 * Every line of the segments, in the order of `paths`; `line` counts from 1. Where a compressed segment is damaged
 * its lines before are given, which may be wrong, then the damage. Throws what the file system throws for a path it
 * cannot read.
 */
export async function* readSegments(
  paths: readonly string[],
  onProgress: (progress: ReadProgress) => void = () => undefined,
): AsyncGenerator<LogEntry, void> {
  for await (const entries of readSegmentBlocks(paths, { onProgress, isWanted: () => true })) yield* entries;
}

export interface BlockTerms {
  readonly onProgress: (progress: ReadProgress) => void;
  /** Lines that are not wanted cost next to nothing. */
  readonly isWanted: (line: number) => boolean;
}

/**
 * The same, some hundred lines at a time, each of which is parsed when its turn comes: to wait for every line of a million
 * takes as long as to read it. All lines are to be taken before more are asked for.
 */
export async function* readSegmentBlocks(
  paths: readonly string[],
  { onProgress, isWanted }: BlockTerms,
): AsyncGenerator<Iterable<LogEntry>, void> {
  const sizes = await Promise.all(paths.map(sizeOf));
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
  let bytesBefore = 0;
  for (const [i, path] of paths.entries()) {
    const at = { path, line: 0 };
    try {
      for await (const block of readBlocks(path)) {
        yield entriesOf(block, at, isWanted);
        onProgress({ path, bytesRead: bytesBefore + block.fileBytesRead, bytesTotal });
      }
    } catch (cause) {
      if (!(cause instanceof DamagedSegmentError)) throw cause;
      yield [{ kind: "corrupt", path, line: at.line + 1, rule: cause.rule }];
    }
    bytesBefore += sizes[i] ?? 0;
  }
}

/** A line of a file. */
interface LinePlace {
  readonly path: string;
  line: number;
}

/** @param at the line before the block; it is the block's last one then */
function* entriesOf(
  { bytes, torn }: Block,
  at: LinePlace,
  isWanted: BlockTerms["isWanted"],
): Generator<LogEntry, void> {
  if (torn) {
    yield { kind: "torn", path: at.path, line: at.line + 1, bytes: bytes.length };
    return;
  }
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start);
    at.line += 1;
    if (isWanted(at.line)) yield entryOf(at, bytes, { start, end });
    start = end + 1;
  }
}

/** Whole lines, or what follows a file's last line feed. The bytes are valid until the next block is asked for. */
interface Block {
  readonly bytes: Buffer;
  readonly torn: boolean;
  /** How much of the file itself was read by now. */
  readonly fileBytesRead: number;
}

/**
 * The segment in blocks that end with a line feed; the last one is torn if the segment ends without. Whatever form it
 * is in by now is read.
 *
 * @throws DamagedSegmentError after the last block that could be read
 */
export async function* readBlocks(path: string): AsyncGenerator<Block, void> {
  const segment = await openSegment(path);
  let held: Buffer = Buffer.allocUnsafeSlow(HELD_BYTES);
  let length = 0;
  for await (const chunk of segment.chunks()) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    held = roomFor(held, length + chunk.length);
    chunk.copy(held, length);
    if (end > 0) yield { bytes: held.subarray(0, length + end), torn: false, fileBytesRead: segment.fileBytesRead() };
    held.copyWithin(0, end > 0 ? length + end : 0, length + chunk.length);
    length = end > 0 ? chunk.length - end : length + chunk.length;
  }
  const bytes = held.subarray(0, length);
  if (length > 0) yield { bytes, torn: true, fileBytesRead: segment.fileBytesRead() };
}

/** What is read of a segment at a time, and what was left of the last line before it; more for longer lines. */
const HELD_BYTES = 2 * 1024 * 1024;

function roomFor(held: Buffer, bytes: number): Buffer {
  if (bytes <= held.length) return held;
  const larger = Buffer.allocUnsafeSlow(2 * bytes);
  held.copy(larger);
  return larger;
}

/** 0 for a segment that is gone: opening it says so. */
async function sizeOf(path: string): Promise<number> {
  for (const form of formsOf(path)) {
    const found = await stat(form).catch(() => null);
    if (found !== null) return found.size;
  }
  return 0;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function entryOf({ path, line }: LinePlace, bytes: Buffer, { start, end }: Place): LogEntry {
  if (!isUtf8(bytes.subarray(start, end))) return { kind: "corrupt", path, line, rule: "a record is valid UTF-8" };
  const text = bytes.toString("utf8", start, end);
  const record = parseObject(text);
  if (record === null) return { kind: "corrupt", path, line, rule: "a record is one JSON object" };
  return { kind: "record", path, line, text, record };
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
