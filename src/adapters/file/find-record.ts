/**
 * Finding one record without an index: the decision id says when it was made, the names say which
 * segments can hold that time, and those are searched for the id's bytes.
 */
import { timeOfId } from "../../core/domain/decision-id.ts";
import { LiftgateError } from "../../core/errors.ts";
import { findNearby } from "./find-nearby.ts";
import { readBlocks } from "./read-segments.ts";
import { listSegments, SEGMENT_SPAN_MS, type SegmentName } from "./segment-name.ts";

/** Between making an id and writing its record: the longest wait for the disk, and clock corrections. */
const ID_SKEW_MS = 300_000;
const LINE_FEED = 0x0a;
/** UUIDv7 (RFC 9562, section 5.7) in lower case, as this service makes them. */
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The exact line of the record, or null. Throws `log_unavailable` when a segment cannot be read, or what is damaged of it
 * may have been the record.
 *
 * A record is nearly always in the segment that starts closest to its time, and there where others of its time are: in a
 * plain segment it is found at once. One in a compressed segment costs reading that, an id that is nowhere one hour of log.
 */
export async function findRecord(directory: string, decisionId: string): Promise<string | null> {
  if (!UUID_V7.test(decisionId)) return null;
  const timeMs = timeOfId(decisionId);
  const segments = (await listSegments(directory, "decisions")).filter((segment) => canHold(segment, timeMs));
  segments.sort((a, b) => Math.abs(a.startMs - timeMs) - Math.abs(b.startMs - timeMs));
  for (const segment of segments) {
    const line = await findInSegment(segment, decisionId);
    if (line !== null) return line;
  }
  if (segments.every(({ form }) => form !== "damaged")) return null;
  throw new LiftgateError("log_unavailable", "The decision log cannot be read: the segment of this time is damaged");
}

function canHold({ startMs }: SegmentName, timeMs: number): boolean {
  return timeMs >= startMs - ID_SKEW_MS && timeMs <= startMs + SEGMENT_SPAN_MS + ID_SKEW_MS;
}

async function findInSegment({ path, form }: SegmentName, decisionId: string): Promise<string | null> {
  const findLine = (lines: Buffer): string | null => findInLines(lines, decisionId);
  let found: string | null = null;
  try {
    const nearby = form === "plain" ? await findNearby(path, timeOfId(decisionId), findLine).catch(nullIfGone) : null;
    if (nearby !== null) return nearby;
    // To the end: only then does a compressed segment say whether what was read is right.
    for await (const block of readBlocks(path)) {
      if (found === null && !block.torn) found = findLine(block.bytes);
    }
    return found;
  } catch (cause) {
    // Deleted between listing and reading: retention at work.
    const code = cause instanceof Error && "code" in cause ? cause.code : String(cause);
    if (code === "ENOENT") return null;
    throw new LiftgateError("log_unavailable", `The decision log cannot be read: ${String(code)}`);
  }
}

/** Compressed between listing and reading: then it is read in that form. */
function nullIfGone(cause: NodeJS.ErrnoException): null {
  if (cause.code === "ENOENT") return null;
  throw cause;
}

function findInLines(lines: Buffer, decisionId: string): string | null {
  const quoted = Buffer.from(`"${decisionId}"`, "latin1");
  for (let hit = lines.indexOf(quoted); hit !== -1;) {
    const end = lines.indexOf(LINE_FEED, hit);
    const line = lines.toString("utf8", lines.lastIndexOf(LINE_FEED, hit) + 1, end);
    if (hasDecisionId(line, decisionId)) return line;
    hit = lines.indexOf(quoted, end);
  }
  return null;
}

/** Other records may mention the id, for one in their caller's context. */
function hasDecisionId(line: string, decisionId: string): boolean {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === "object" && record !== null && "decisionId" in record && record.decisionId === decisionId;
  } catch {
    return false;
  }
}
