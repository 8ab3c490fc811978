/** The log segments that paths name: files as they are, and the segments of folders. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { countingAmong } from "./segment-name.ts";

/**
 * Oldest first, as names sort; where a folder has several forms of a segment, the one that counts. Throws what the file
 * system throws for a path it cannot read.
 */
export async function segmentsIn(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      if (!(await stat(path)).isDirectory()) return [path];
      return countingAmong((await readdir(path)).map((name) => join(path, name)));
    }),
  );
  return found.flat().toSorted();
}
