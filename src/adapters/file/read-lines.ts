/** Whole lines from a place within a segment, plain or compressed. */
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createZstdDecompress } from "node:zlib";

const LINE_FEED = 0x0a;

/** What follows a place. */
export interface Lines {
  /** Ends with a line feed, or is empty. */
  readonly bytes: Buffer;
  /** What follows them, when it has no line feed and is all there is; 0 otherwise. */
  readonly tornBytes: number;
}

const NOTHING: Lines = { bytes: Buffer.alloc(0), tornBytes: 0 };

/** At most `bytesMax` of a plain file, or the one line that is longer. Throws what the file system throws. */
export async function readPlain(path: string, offsetBytes: number, bytesMax: number): Promise<Lines> {
  const handle = await open(path, "r");
  try {
    const bytesLeft = (await handle.stat()).size - offsetBytes;
    for (let length = bytesMax; ; length *= 2) {
      const bytes = await readFully(handle, offsetBytes, Math.min(length, bytesLeft));
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      if (end > 0) return { bytes: bytes.subarray(0, end), tornBytes: 0 };
      if (length >= bytesLeft) return { bytes: NOTHING.bytes, tornBytes: bytes.length };
    }
  } finally {
    await handle.close();
  }
}

async function readFully(handle: FileHandle, offsetBytes: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(0, length));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offsetBytes + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** A compressed segment can only be read from its beginning, so it stays open from one stretch to the next. */
export class CompressedReader {
  readonly path: string;
  readonly #blocks: AsyncGenerator<Lines, void>;
  #offsetBytes = 0;

  constructor(path: string) {
    this.path = path;
    this.#blocks = decompressed(path);
  }

  /** Whether `read` can go on from there. */
  isBefore(offsetBytes: number): boolean {
    return this.#offsetBytes <= offsetBytes;
  }

  /** The next block from the place on; what is before it is read and left. Throws what is wrong with the file. */
  async read(offsetBytes: number): Promise<Lines> {
    for (;;) {
      const { value, done } = await this.#blocks.next();
      if (done === true || value === undefined) return NOTHING;
      const before = offsetBytes - this.#offsetBytes;
      if (value.tornBytes > 0) return value;
      this.#offsetBytes += value.bytes.length;
      if (before < value.bytes.length) return { bytes: value.bytes.subarray(before), tornBytes: 0 };
    }
  }

  async close(): Promise<void> {
    await this.#blocks.return();
  }
}

/** Blocks of whole lines; the last has what follows the last line feed. */
async function* decompressed(path: string): AsyncGenerator<Lines, void> {
  const source = createReadStream(path);
  const plain = source.pipe(createZstdDecompress({ chunkSize: 256 * 1024 }));
  source.on("error", (error) => plain.destroy(error));
  try {
    let rest = NOTHING.bytes;
    for await (const chunk of plain) {
      const bytes: Buffer = Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      rest = bytes.subarray(end);
      if (end > 0) yield { bytes: bytes.subarray(0, end), tornBytes: 0 };
    }
    if (rest.length > 0) yield { bytes: NOTHING.bytes, tornBytes: rest.length };
  } finally {
    source.destroy();
    plain.destroy();
  }
}
