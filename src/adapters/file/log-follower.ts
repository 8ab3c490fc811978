/** A log read while it is written: each segment to its end, and on to the next once there is one. */
import { stat } from "node:fs/promises";
import { LiftgateError } from "../../core/errors.ts";
import type {
  FollowedLog,
  LogKind,
  LogPlace,
  LogStretch,
  ShippedRecord,
  SkippedPart,
} from "../../core/shipping-ports.ts";
import { type FollowedSegment, listFollowed } from "./followed-segments.ts";
import type { LiveSegments } from "./live-segments.ts";
import { CompressedReader, type Lines, readPlain } from "./read-lines.ts";
import { readLine } from "./shipped-record.ts";

const LINE_FEED = 0x0a;

export interface LogFollowerOptions {
  readonly kind: LogKind;
  readonly directory: string;
  readonly live: LiveSegments;
}

export class LogFollower implements FollowedLog {
  readonly kind: LogKind;
  readonly #options: LogFollowerOptions;
  #compressed: CompressedReader | null = null;

  constructor(options: LogFollowerOptions) {
    this.kind = options.kind;
    this.#options = options;
  }

  async read(from: LogPlace | null, bytesMax: number): Promise<LogStretch> {
    try {
      return await this.#read(from, bytesMax);
    } catch (error) {
      await this.#leaveCompressed();
      // Compressed, or put aside, between listing and reading: under its other name it is the same.
      if (codeOf(error) === "ENOENT") return await this.#read(from, bytesMax).catch(throwUnreadable);
      return throwUnreadable(error);
    }
  }

  async bytesAfter(place: LogPlace | null): Promise<number> {
    const segments = await this.#segmentsFrom(place).catch(throwUnreadable);
    let bytes = 0;
    for (const { path, name } of segments) {
      const size = await stat(path).then(
        (found) => found.size,
        () => 0,
      );
      bytes += name === place?.segment ? Math.max(0, size - place.offsetBytes) : size;
    }
    return bytes;
  }

  /** The segment the place is in counts as needed even when nothing follows in it: it may be written still. */
  neededSinceMs(place: LogPlace | null): number {
    return place === null ? 0 : this.#options.live.firstStartMsFrom(place.segment);
  }

  async #segmentsFrom(place: LogPlace | null): Promise<readonly FollowedSegment[]> {
    const { directory, kind, live } = this.#options;
    const segments = await listFollowed(directory, kind, live);
    return place === null ? segments : segments.filter(({ name }) => live.compare(name, place.segment) >= 0);
  }

  /** Whether a segment has a next one is asked before it is read: then its end is its end. */
  async #read(from: LogPlace | null, bytesMax: number): Promise<LogStretch> {
    const segments = await this.#segmentsFrom(from);
    const skipped: SkippedPart[] = [];
    if (from !== null && this.#isMissing(from, segments)) skipped.push({ reason: "missing", place: from, bytes: 0 });
    let end = from;
    for (const [i, segment] of segments.entries()) {
      const isLast = i === segments.length - 1;
      const place = { segment: segment.name, offsetBytes: segment.name === from?.segment ? from.offsetBytes : 0 };
      const { bytes, tornBytes } = await this.#linesAt(segment, place, bytesMax);
      if (bytes.length > 0) return stretchOf({ bytes, place, kind: this.kind, skipped });
      if (tornBytes > 0 && !isLast) skipped.push({ reason: "torn", place, bytes: tornBytes });
      end = place;
    }
    return { records: [], skipped: end === from ? [] : skipped, end, startMs: null, hasMore: false };
  }

  async #linesAt(segment: FollowedSegment, { offsetBytes }: LogPlace, bytesMax: number): Promise<Lines> {
    if (segment.isCompressed) return await this.#readCompressed(segment.path, offsetBytes);
    await this.#leaveCompressed();
    const lines = await readPlain(segment.path, offsetBytes, bytesMax);
    // Asked after reading: what was read and is not acknowledged by now may still be refused and cut off.
    const acknowledged = this.#options.live.acknowledged(segment.name) ?? Number.POSITIVE_INFINITY;
    const bytes = lines.bytes.subarray(0, Math.max(0, acknowledged - offsetBytes));
    return { bytes, tornBytes: bytes.length === 0 ? lines.bytes.length + lines.tornBytes : 0 };
  }

  /** A segment whose first write failed is deleted: nothing is missing with it. */
  #isMissing({ segment, offsetBytes }: LogPlace, [first]: readonly FollowedSegment[]): boolean {
    return first?.name !== segment && this.#options.live.acknowledged(segment) !== offsetBytes;
  }

  async #readCompressed(path: string, offsetBytes: number): Promise<Lines> {
    if (this.#compressed?.path !== path || !this.#compressed.isBefore(offsetBytes)) {
      await this.#leaveCompressed();
      this.#compressed = new CompressedReader(path);
    }
    return await this.#compressed.read(offsetBytes);
  }

  async #leaveCompressed(): Promise<void> {
    const reader = this.#compressed;
    this.#compressed = null;
    await reader?.close();
  }
}

interface ReadBytes {
  readonly bytes: Buffer;
  readonly place: LogPlace;
  readonly kind: LogKind;
  readonly skipped: readonly SkippedPart[];
}

function stretchOf({ bytes, place, kind, skipped }: ReadBytes): LogStretch {
  const records: ShippedRecord[] = [];
  const corrupt: SkippedPart[] = [];
  let startMs: number | null = null;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start);
    const read = readLine(kind, bytes.subarray(start, end));
    if (read === null) {
      corrupt.push({
        reason: "corrupt",
        place: { ...place, offsetBytes: place.offsetBytes + start },
        bytes: end - start,
      });
    } else {
      records.push(read.record);
      startMs ??= read.timeMs;
    }
    start = end + 1;
  }
  const end = { ...place, offsetBytes: place.offsetBytes + bytes.length };
  return { records, skipped: [...skipped, ...corrupt], end, startMs, hasMore: true };
}

function throwUnreadable(error: unknown): never {
  throw new LiftgateError("log_unavailable", `The log cannot be read for shipping: ${codeOf(error)}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "a read failed";
}
