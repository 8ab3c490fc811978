/**
 * Looks for a record where it should be: records are nearly in the order of their ids' times, each some milliseconds
 * after its id was made, so halving a plain segment a dozen times finds the place.
 */
import { type FileHandle, open } from "node:fs/promises";
import { timeOfId } from "../../core/domain/decision-id.ts";

const LINE_FEED = 0x0a;
/** How long before a record others may be written whose ids are younger. */
const ORDER_MS = 2_000;
/** Several seconds of records at full load. */
const NEARBY_BYTES = 16 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;
/** More than a record has: some line begins, and its id ends, in so many. */
const PROBE_BYTES = 64 * 1024;
const ID_IN_LINE = /\n\{[^{}]{0,64}"decisionId":"([0-9a-f-]{36})"/;

/**
 * What `find` finds in the lines around the time; null where it finds nothing there, which does not say that the record is
 * nowhere. Throws what the file system throws.
 *
 * @param find in whole lines
 */
export async function findNearby(
  path: string,
  timeMs: number,
  find: (lines: Buffer) => string | null,
): Promise<string | null> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const from = await placeOf(handle, { size, timeMs: timeMs - ORDER_MS });
    const to = Math.min(size, from + NEARBY_BYTES);
    for (let at = from; at < to;) {
      const block = await readAt(handle, at, Math.min(BLOCK_BYTES, size - at));
      const end = block.lastIndexOf(LINE_FEED) + 1;
      const found = end === 0 ? null : find(block.subarray(0, end));
      if (found !== null || end === 0) return found;
      at += end;
    }
    return null;
  } finally {
    await handle.close();
  }
}

/** Where a line begins before which all records are older. */
async function placeOf(handle: FileHandle, { size, timeMs }: { size: number; timeMs: number }): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > PROBE_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const probe = (await readAt(handle, middle, PROBE_BYTES)).toString("latin1");
    const line = ID_IN_LINE.exec(probe);
    if (line !== null && timeOfId(line[1] ?? "") < timeMs) low = middle + line.index + 1;
    else high = middle;
  }
  return low;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
