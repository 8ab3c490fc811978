/**
 * Reading segments back: whole lines in order, in bounded memory (a block, or the longest line).
 *
 * A file that ends without a line feed ends in a torn record: its writer died or its disk failed. It
 * was never acknowledged. A line that is not a JSON object elsewhere is damage and is never skipped
 * silently.
 */
import { isUtf8 } from "node:buffer";
import { open, stat } from "node:fs/promises";

const LINE_FEED = 0x0a;
const BLOCK_BYTES = 256 * 1024;

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
 * Every line of the segments, in the order of `paths`; `line` counts from 1. Throws what the file
 * system throws for a path it cannot read.
 */
export async function* readSegments(
  paths: readonly string[],
  onProgress: (progress: ReadProgress) => void = () => undefined,
): AsyncGenerator<LogEntry, void> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
  let bytesRead = 0;
  for (const path of paths) {
    let line = 0;
    for await (const block of readBlocks(path)) {
      if (block.torn) {
        yield { kind: "torn", path, line: line + 1, bytes: block.bytes.length };
      } else {
        for (const bytes of linesOf(block.bytes)) yield entryOf({ path, line: ++line }, bytes);
      }
      bytesRead += block.bytes.length;
      onProgress({ path, bytesRead, bytesTotal });
    }
  }
}

/** Whole lines, or what follows a file's last line feed. The bytes are valid until the next block is asked for. */
interface Block {
  readonly bytes: Buffer;
  readonly torn: boolean;
}

/** The file in blocks that end with a line feed; the last one is torn if the file ends without. */
export async function* readBlocks(path: string): AsyncGenerator<Block, void> {
  const handle = await open(path, "r");
  try {
    let buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    let filled = 0;
    for (;;) {
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
      if (bytesRead === 0) break;
      const end = buffer.subarray(0, filled + bytesRead).lastIndexOf(LINE_FEED) + 1;
      filled += bytesRead;
      if (end === 0) continue;
      yield { bytes: buffer.subarray(0, end), torn: false };
      buffer.copyWithin(0, end, filled);
      filled -= end;
    }
    if (filled > 0) yield { bytes: buffer.subarray(0, filled), torn: true };
  } finally {
    await handle.close();
  }
}

function* linesOf(block: Buffer): Generator<Buffer, void> {
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(LINE_FEED, start);
    yield block.subarray(start, end);
    start = end + 1;
  }
}

function entryOf(at: { readonly path: string; readonly line: number }, bytes: Buffer): LogEntry {
  if (!isUtf8(bytes)) return { kind: "corrupt", ...at, rule: "a record is valid UTF-8" };
  const text = bytes.toString("utf8");
  const record = parseObject(text);
  if (record === null) return { kind: "corrupt", ...at, rule: "a record is one JSON object" };
  return { kind: "record", ...at, text, record };
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
