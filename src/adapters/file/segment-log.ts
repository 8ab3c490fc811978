/**
 * An append-only log of JSON lines in segments, `<kind>-<start>-<suffix>.ndjson`.
 *
 * - A line is acknowledged only after its write (`process`) or its fdatasync (`power`) returned.
 * - After any failure the segment is abandoned and every line that waited is refused; the next append
 *   tries a new segment, so the log recovers by itself when the disk does.
 * - A process never appends to a file it did not create.
 * - A segment is sealed once it is left: nobody will write to it again.
 */
import { join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";
import { Group } from "./line-group.ts";
import { type CreateSegmentFile, createSegmentFile, type Durability, Segment } from "./segment.ts";
import { LOG_TITLES, type LogKind, SEGMENT_SPAN_MS, segmentFileName } from "./segment-name.ts";

/** A segment is one unit of shipping, deleting and searching. */
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/** About 13,000 records of 1.2 KB: more than a second of peak load that the disk did not take. */
const QUEUE_BYTES_MAX = 16 * 1024 * 1024;

/** What the log tells its metrics. */
export interface SegmentLogObserver {
  /** The queue changed: bytes that wait or are being written. */
  queued(bytes: number): void;
  wrote(group: WrittenGroup): void;
  segmentOpened(path: string): void;
  /** The whole error, for the operators' log; callers get its code only. */
  failed(cause: unknown, refusedLines: number): void;
}

export interface WrittenGroup {
  readonly lines: number;
  readonly bytes: number;
  /** Write, and sync for `power`. */
  readonly latencyMs: number;
}

export interface SegmentLogOptions {
  readonly kind: LogKind;
  readonly directory: string;
  readonly durability: Durability;
  /** Wall clock: names the segments. */
  readonly clock: () => number;
  /** Monotonic clock: measures latency. */
  readonly stopwatch: () => number;
  /** 8 random hexadecimal digits: tells apart segments that start in one millisecond. */
  readonly segmentSuffix: () => string;
  readonly observer: SegmentLogObserver;
  readonly segmentBytesMax?: number;
  readonly queueBytesMax?: number;
  readonly createFile?: CreateSegmentFile;
}

export class SegmentLog {
  readonly #options: Required<SegmentLogOptions>;
  #waiting = new Group();
  #underWay = new Group();
  #segment: Segment | null = null;
  /** From before they are created until they are closed. */
  readonly #open = new Set<string>();
  #writing: Promise<void> | null = null;
  #closed = false;

  constructor(options: SegmentLogOptions) {
    this.#options = {
      segmentBytesMax: SEGMENT_BYTES_MAX,
      queueBytesMax: QUEUE_BYTES_MAX,
      createFile: createSegmentFile,
      ...options,
    };
  }

  append(line: string): Promise<void> {
    if (this.#closed) return Promise.reject(this.#unavailable("it is closed"));
    // Code units stand for bytes here: the bound may be passed by one non-ASCII line, never by a queue of them.
    if (this.#queueBytes() + line.length >= this.#options.queueBytesMax) {
      return Promise.reject(this.#unavailable("too many records wait for the disk"));
    }
    const fate = this.#waiting.add(line);
    this.#options.observer.queued(this.#queueBytes());
    this.#writing ??= this.#writeWaiting();
    return fate;
  }

  /** Whether the file may still be written to. One that is not is sealed, whoever made it. */
  isOpen(path: string): boolean {
    return this.#open.has(path);
  }

  /** Refuses new lines, writes those that wait, and closes the segment. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    const segment = this.#segment;
    this.#segment = null;
    if (segment !== null) await this.#seal(segment);
  }

  #queueBytes(): number {
    return this.#waiting.bytes + this.#underWay.bytes;
  }

  /** Lines that arrive in one turn of the event loop, or while a group is under way, make the next group. */
  async #writeWaiting(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.lines > 0) {
      const group = this.#waiting;
      this.#waiting = this.#underWay;
      this.#underWay = group;
      await this.#write(group);
      this.#options.observer.queued(this.#queueBytes());
    }
    this.#writing = null;
  }

  async #write(group: Group): Promise<void> {
    const { observer, stopwatch } = this.#options;
    try {
      const segment = await this.#segmentFor(this.#options.clock());
      const startedMs = stopwatch();
      await segment.append(group.encoded);
      observer.wrote({ lines: group.lines, bytes: group.bytes, latencyMs: stopwatch() - startedMs });
      group.acknowledge();
    } catch (cause) {
      await this.#fail(cause);
    }
  }

  async #segmentFor(nowMs: number): Promise<Segment> {
    const current = this.#segment;
    if (current !== null && takes(current, nowMs, this.#options.segmentBytesMax)) return current;
    const next = await this.#create(nowMs);
    this.#segment = next;
    this.#options.observer.segmentOpened(next.path);
    if (current !== null) await this.#seal(current);
    return next;
  }

  async #create(startMs: number): Promise<Segment> {
    const { kind, directory, durability, createFile, segmentSuffix } = this.#options;
    const path = join(directory, segmentFileName(kind, startMs, segmentSuffix()));
    this.#open.add(path);
    try {
      return new Segment({ path, startMs }, await createFile(path, durability), durability);
    } catch (cause) {
      this.#open.delete(path);
      throw cause;
    }
  }

  async #seal(segment: Segment): Promise<void> {
    try {
      await segment.close();
    } finally {
      this.#open.delete(segment.path);
    }
  }

  /** The file is cut back before anybody is told: refused means not in the log, as far as the disk lets us. */
  async #fail(cause: unknown): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    if (segment !== null) {
      await segment.abandon();
      this.#open.delete(segment.path);
    }
    this.#options.observer.failed(cause, this.#underWay.lines + this.#waiting.lines);
    const refusal = this.#unavailable(reasonOf(cause));
    this.#underWay.refuse(refusal);
    this.#waiting.refuse(refusal);
  }

  #unavailable(reason: string): LiftgateError {
    return new LiftgateError("log_unavailable", `The ${LOG_TITLES[this.#options.kind]} cannot be written: ${reason}`);
  }
}

function takes(segment: Segment, nowMs: number, bytesMax: number): boolean {
  return segment.bytes < bytesMax && nowMs >= segment.startMs && nowMs < segment.startMs + SEGMENT_SPAN_MS;
}

/** The system's error code: enough for a caller, and free of paths. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "a write failed";
}
