/**
 * What is known of the segments this process appends to: how much of each was acknowledged, and where each comes in
 * the log.
 *
 * Segments are in the order of their names, which have the clock's reading; one that was begun while the clock was
 * set back comes after those before it all the same. That is noted on disk before its first record is written.
 */
import { appendFileSync, closeSync, fsyncSync, openSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { LogKind } from "../../core/shipping-ports.ts";
import { segmentNameOf } from "./followed-segments.ts";

/** More than are written while anybody reads the oldest of them; beyond, a segment is read to its end. */
const REMEMBERED_MAX = 4_096;
/** Between the name of a segment and the number of one that was begun after it: sorts before all that names have. */
const AFTER = "!";

export interface LiveSegmentsOptions {
  readonly kind: LogKind;
  /** The log's. */
  readonly directory: string;
  /** Where the note is kept: `<kind>-late.ndjson`. */
  readonly notesDirectory: string;
}

/** Reads the note. Throws what the file system throws. */
export async function openLiveSegments({
  kind,
  directory,
  notesDirectory,
}: LiveSegmentsOptions): Promise<LiveSegments> {
  await mkdir(notesDirectory, { recursive: true, mode: 0o700 });
  const notesPath = join(notesDirectory, `${kind}-late.ndjson`);
  const ranks = parseNotes(await readFile(notesPath, "utf8").catch(() => ""));
  const files = await readdir(directory).catch(() => []);
  const names = files.map(segmentNameOf).filter((name) => name.startsWith(`${kind}-`));
  return new LiveSegments({ notesPath, ranks, names });
}

interface Known {
  readonly notesPath: string;
  readonly ranks: Map<string, string>;
  readonly names: readonly string[];
}

export class LiveSegments {
  readonly #notesPath: string;
  /** Of segments that are not in the order of their names: what they are sorted by instead. */
  readonly #ranks: Map<string, string>;
  readonly #acknowledged = new Map<string, number>();
  #last: string;
  #current = "";

  constructor({ notesPath, ranks, names }: Known) {
    this.#notesPath = notesPath;
    this.#ranks = ranks;
    this.#last = names.map((name) => this.#rank(name)).reduce((last, rank) => (rank > last ? rank : last), "");
  }

  /** Must be told before anything is written to the segment. Throws when a note that is needed cannot be written. */
  opened(path: string): void {
    const name = segmentNameOf(basename(path));
    if (name <= this.#last) this.#noteLate(name);
    this.#last = this.#rank(name);
    this.#current = name;
    this.#acknowledged.set(name, 0);
    const [oldest] = this.#acknowledged.keys();
    if (this.#acknowledged.size > REMEMBERED_MAX && oldest !== undefined) this.#acknowledged.delete(oldest);
  }

  /** Of the segment opened last. */
  wrote(bytes: number): void {
    this.#acknowledged.set(this.#current, (this.#acknowledged.get(this.#current) ?? 0) + bytes);
  }

  /** Bytes of the segment that count as the log's; undefined for one this process did not begin: all of it. */
  acknowledged(name: string): number | undefined {
    return this.#acknowledged.get(name);
  }

  /** Below 0 where the segment `a` was begun before `b`. */
  compare(a: string, b: string): number {
    const [rankOfA, rankOfB] = [this.#rank(a), this.#rank(b)];
    if (rankOfA === rankOfB) return 0;
    return rankOfA < rankOfB ? -1 : 1;
  }

  /** Of the segment and all that were begun after it, the earliest start by name, in ms since 1970; 0 if a name has none. */
  firstStartMsFrom(name: string): number {
    const late = [...this.#ranks.keys()].filter((other) => this.compare(other, name) > 0);
    return Math.min(...[name, ...late].map(startMsOf));
  }

  #rank(name: string): string {
    return this.#ranks.get(name) ?? name;
  }

  /** Rare, and worth a synchronous write: the segment would be passed over without it. */
  #noteLate(name: string): void {
    const [before = "", number = "0"] = this.#last.split(AFTER);
    const rank = `${before}${AFTER}${String(Number(number) + 1).padStart(9, "0")}`;
    const notes = openSync(this.#notesPath, "a", 0o600);
    try {
      appendFileSync(notes, `${JSON.stringify({ name, rank })}\n`);
      fsyncSync(notes);
    } finally {
      closeSync(notes);
    }
    this.#ranks.set(name, rank);
  }
}

function startMsOf(name: string): number {
  const digits = /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-/.exec(name)?.slice(1) ?? [];
  const [year, month, day, hour, minute, second, ms] = digits;
  const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(startMs) ? 0 : startMs;
}

/** A line that is torn was of a segment that nothing was written to. */
function parseNotes(text: string): Map<string, string> {
  const ranks = new Map<string, string>();
  for (const line of text.split("\n")) {
    const parts = /^\{"name":"([\w-]+)","rank":"([\w!-]+)"\}$/.exec(line);
    if (parts?.[1] !== undefined && parts[2] !== undefined) ranks.set(parts[1], parts[2]);
  }
  return ranks;
}
