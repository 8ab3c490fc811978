/** The log segments that paths name: files as they are, and the segments of folders. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

const PLAIN = ".ndjson";
const COMPRESSED = ".ndjson.zst";

/**
 * Oldest first, as names sort. Of a segment that is there plain and compressed the plain one counts: it goes last,
 * so it is whole for as long as it is there. Throws what the file system throws for a path it cannot read.
 */
export async function segmentsIn(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map(async (path) => ((await stat(path)).isDirectory() ? await segmentsOf(path) : [path])),
  );
  return found.flat().toSorted();
}

async function segmentsOf(folder: string): Promise<readonly string[]> {
  const names = new Set(await readdir(folder));
  return [...names]
    .filter((name) => name.endsWith(PLAIN) || (name.endsWith(COMPRESSED) && !names.has(plainNameOf(name))))
    .map((name) => join(folder, name));
}

function plainNameOf(name: string): string {
  return name.slice(0, -COMPRESSED.length) + PLAIN;
}
