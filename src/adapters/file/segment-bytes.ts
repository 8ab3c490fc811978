/** The bytes of a segment's lines, whatever form it is in. */
import type { ReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { formsOf, SEGMENT_ENDINGS } from "./segment-name.ts";

const CHUNK_BYTES = 256 * 1024;
/** Of a plain segment, where a call takes longer than what it copies. */
const PLAIN_CHUNK_BYTES = 1024 * 1024;

/** A compressed segment that does not read back as what was compressed. */
export class DamagedSegmentError extends Error {
  readonly code = "DAMAGED";
  readonly rule: string;

  constructor(path: string, code: string) {
    const rule = `a compressed segment is one whole zstd frame with its checksum (${code})`;
    super(`${path}: ${rule}`);
    this.name = "DamagedSegmentError";
    this.rule = rule;
  }
}

export interface SegmentBytes {
  /** Once; each is good until the next is asked for. Throws DamagedSegmentError where the bytes end that could be read. */
  chunks(): AsyncIterable<Buffer>;
  /** How much of the file itself was read by now. */
  fileBytesRead(): number;
}

/** Opens the segment in the form it is in by now. Throws what the file system throws when there is none. */
export async function openSegment(path: string): Promise<SegmentBytes> {
  const { handle, form } = await openForm(formsOf(path));
  return bytesOf(handle, form);
}

/** The bytes of an open file, decompressed if its name says that it is compressed. */
export function bytesOf(handle: FileHandle, path: string): SegmentBytes {
  if (!path.includes(SEGMENT_ENDINGS.compressed)) return plainBytes(handle);
  const file = handle.createReadStream({ highWaterMark: CHUNK_BYTES });
  return { chunks: () => decompressed(file, path), fileBytesRead: () => file.bytesRead };
}

/** Into one buffer: a new one each time would have to be collected. */
function plainBytes(handle: FileHandle): SegmentBytes {
  let bytesBefore = 0;
  async function* chunks(): AsyncGenerator<Buffer, void> {
    const buffer = Buffer.allocUnsafeSlow(PLAIN_CHUNK_BYTES);
    try {
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) return;
        bytesBefore += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
  return { chunks, fileBytesRead: () => bytesBefore };
}

async function openForm(forms: readonly string[]): Promise<{ readonly handle: FileHandle; readonly form: string }> {
  const [form = "", ...others] = forms;
  try {
    return { handle: await open(form, "r"), form };
  } catch (cause) {
    const isGone = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (!isGone || others.length === 0) throw cause;
    return await openForm(others);
  }
}

async function* decompressed(file: ReadStream, path: string): AsyncGenerator<Buffer, void> {
  const lines = createZstdDecompress({ chunkSize: CHUNK_BYTES });
  // What fails on the way is thrown to whoever reads the lines.
  const ended = pipeline(file, lines).catch(() => undefined);
  try {
    for await (const chunk of lines) yield chunk;
    // What follows the frame would be passed over, and with it whatever a flipped bit made unrecognisable.
    if (lines.bytesWritten !== file.bytesRead) throw new DamagedSegmentError(path, "bytes after its end");
  } catch (cause) {
    throw isOfZstd(cause) ? new DamagedSegmentError(path, cause.code) : cause;
  } finally {
    lines.destroy();
    await ended;
  }
}

function isOfZstd(cause: unknown): cause is Error & { readonly code: string } {
  return cause instanceof Error && "code" in cause && /^(ZSTD|Z)_/.test(String(cause.code));
}
