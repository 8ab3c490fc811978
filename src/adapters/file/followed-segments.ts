/** The segments of a log in the order in which they were begun. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { LogKind } from "../../core/shipping-ports.ts";
import type { LiveSegments } from "./live-segments.ts";

/** What a segment's file may end in; of several files of one segment the first that is there counts. */
const ENDINGS = [".ndjson", ".ndjson.damaged", ".ndjson.zst"] as const;

export interface FollowedSegment {
  /** The file's name without its ending: the same whether it is compressed or not. */
  readonly name: string;
  readonly path: string;
  readonly isCompressed: boolean;
}

/** Oldest first; none if the directory does not exist. Other files are left out. Throws what the file system throws. */
export async function listFollowed(
  directory: string,
  kind: LogKind,
  live: LiveSegments,
): Promise<readonly FollowedSegment[]> {
  const files = new Set(await readdir(directory).catch(noneIfAbsent));
  const names = new Set([...files].map(segmentNameOf).filter((name) => name.startsWith(`${kind}-`)));
  const segments = [...names].flatMap((name): readonly FollowedSegment[] => {
    const ending = ENDINGS.find((end) => files.has(name + end));
    return ending === undefined
      ? []
      : [{ name, path: join(directory, name + ending), isCompressed: ending === ".ndjson.zst" }];
  });
  return segments.toSorted((a, b) => live.compare(a.name, b.name));
}

/** @example segmentNameOf("decisions-20261121T200000123Z-0badcafe.ndjson.zst") // "decisions-20261121T200000123Z-0badcafe" */
export function segmentNameOf(fileName: string): string {
  return fileName.split(".", 1)[0] ?? "";
}

function noneIfAbsent(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
