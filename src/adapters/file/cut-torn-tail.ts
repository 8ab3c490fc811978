import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { inForm, listLogFiles, type LogKind } from "./segment-name.ts";

const LINE_FEED = 0x0a;
const BLOCK_BYTES = 64 * 1024;

/** A torn tail that was cut off. */
export interface TornTail {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Puts the log of a process that ended in order, before this one writes: every plain segment ends with its last whole
 * line, and copies that were not finished are gone.
 */
export async function recoverLog(directory: string, kind: LogKind): Promise<readonly TornTail[]> {
  const tails: TornTail[] = [];
  for (const { path, kept } of await listLogFiles(directory, kind)) {
    if (kept === "unfinished") await unlink(path);
    const tornBytes = kept === "plain" ? (await cutTornTail(path)).tornBytes : 0;
    if (tornBytes > 0) tails.push({ path, bytes: tornBytes });
  }
  return tails;
}

/**
 * Cuts what follows the last line feed off a segment that nobody writes to; it goes to a file beside it, for people.
 * It was never acknowledged. A segment without any line goes altogether.
 */
export async function cutTornTail(path: string): Promise<{ readonly wholeBytes: number; readonly tornBytes: number }> {
  const segment = await open(path, "r+");
  try {
    const { size } = await segment.stat();
    const end = await endOfLines(segment, size);
    if (end < size) {
      await copy({ from: path, start: end, to: inForm(path, "torn") });
      await segment.truncate(end);
      await segment.sync();
    }
    if (end === 0) await unlink(path);
    return { wholeBytes: end, tornBytes: size - end };
  } finally {
    await segment.close();
  }
}

/** Where the last line feed ends; 0 without any. */
async function endOfLines(segment: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await segment.read(block, 0, end - start, start);
    const found = block.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (found !== -1) return start + found + 1;
    end = start;
  }
  return 0;
}

interface Copy {
  readonly from: string;
  readonly start: number;
  readonly to: string;
}

/** On the disk when it resolves: only then may the original go. Doing it again, after a crash, is harmless. */
async function copy({ from, start, to }: Copy): Promise<void> {
  await pipeline(createReadStream(from, { start }), createWriteStream(to, { mode: 0o640, flush: true }));
}
