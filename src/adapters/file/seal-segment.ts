/**
 * Compressing a segment that nobody writes to any more, so that no crash loses or doubles a line:
 *
 * 1. beside it, under a name that no reader knows, and on the disk;
 * 2. read back, and compared with what was read;
 * 3. renamed. Two copies are there now, and by rule the plain one counts;
 * 4. in a later pass compared once more; then the plain one may be deleted. Nobody who listed the directory before
 *    the copy was there can miss both.
 *
 * A copy is one zstd frame, with zstd's checksum: a bit that flips in it, and an end that is missing, are found
 * whenever it is read. Several frames would not do: where a later one cannot be recognised, Node.js reads no further
 * and says nothing.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { readSegments } from "./read-segments.ts";
import { syncDirectory } from "./segment.ts";
import { bytesOf } from "./segment-bytes.ts";
import { inForm } from "./segment-name.ts";

/**
 * Records of the shipped program shrink to an eleventh at 740 MB/s of one core, a segment of peak load in a tenth of a
 * second. Level 6 takes 3.5 times as long for 5 % less, level 9 takes 6 times as long for 10 % less.
 */
const LEVEL = 1;

export type Sealing =
  /** The compressed copy is there and right; the plain one still counts. */
  | { readonly kind: "copied"; readonly bytes: number; readonly compressedBytes: number }
  /** A copy of an earlier call was found right again: the plain one may go. */
  | { readonly kind: "confirmed" }
  /** It has a line that is no record, and is not compressed: a checksum would call it right. */
  | { readonly kind: "damaged"; readonly line: number; readonly rule: string };

/**
 * The next step for a plain segment.
 *
 * @throws Error when there is a copy that differs: then one of them is wrong, and neither may go
 */
export async function sealSegment(path: string): Promise<Sealing> {
  const compressed = inForm(path, "compressed");
  if (await isThere(compressed)) {
    if (same(await contentOf(path), await contentOf(compressed))) return { kind: "confirmed" };
    throw new Error(`${compressed} is not a copy of ${path}: find out which is wrong, and remove it`);
  }
  const damage = await firstDamage(path);
  return damage ?? (await compress(path, compressed));
}

async function firstDamage(path: string): Promise<Sealing | null> {
  for await (const entry of readSegments([path])) {
    if (entry.kind === "corrupt") return { kind: "damaged", line: entry.line, rule: entry.rule };
    if (entry.kind === "torn")
      return { kind: "damaged", line: entry.line, rule: "a sealed segment ends with a line feed" };
  }
  return null;
}

async function compress(path: string, compressed: string): Promise<Sealing> {
  const unfinished = inForm(path, "unfinished");
  await pipeline(
    createReadStream(path),
    createZstdCompress({
      params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
    }),
    createWriteStream(unfinished, { mode: 0o640, flush: true }),
  );
  const original = await contentOf(path);
  if (!same(original, await contentOf(unfinished))) throw new Error(`${unfinished} does not read back as ${path}`);
  await rename(unfinished, compressed);
  await syncDirectory(dirname(compressed));
  return { kind: "copied", bytes: original.bytes, compressedBytes: (await stat(compressed)).size };
}

interface Content {
  readonly bytes: number;
  readonly sha256: string;
}

/** Of the lines, not of the file. */
async function contentOf(path: string): Promise<Content> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of bytesOf(await open(path), path).chunks()) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

function same(one: Content, other: Content): boolean {
  return one.bytes === other.bytes && one.sha256 === other.sha256;
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
