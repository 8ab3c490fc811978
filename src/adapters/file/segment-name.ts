/**
 * The files of a log, by name: `decisions-<start>-<suffix>.ndjson`, or `outcomes-…`.
 *
 * The name carries the clock reading at creation. The log leaves a segment when the clock leaves
 * [start, start + SEGMENT_SPAN_MS), so names alone say which segments can hold a record of a given
 * time, whatever the clock or other processes did.
 *
 * A segment is one of its forms. While two are there, one counts: the plain one, which is deleted last.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";

/** Which log: the beginning of its segments' names, and the words for it. */
export const LOG_TITLES = { decisions: "decision log", outcomes: "outcome log" } as const;
export type LogKind = keyof typeof LOG_TITLES;

/** How long a segment may take records: bounds how much of the log a search has to read. */
export const SEGMENT_SPAN_MS = 3_600_000;

/** What a name ends in, in the order in which forms count. */
export const SEGMENT_ENDINGS = {
  plain: ".ndjson",
  /** Plain, sealed, and with lines in it that are no records. */
  damaged: ".ndjson.damaged",
  /** One zstd frame with a checksum. Only a copy that was read back has this name. */
  compressed: ".ndjson.zst",
} as const;
export type SegmentForm = keyof typeof SEGMENT_ENDINGS;

/** What else may stand beside a segment: a torn tail that was cut off, a copy that is not finished. */
const SIDE_ENDINGS = { torn: ".ndjson.torn", unfinished: ".ndjson.zst.part" } as const;

const FORMS = ["plain", "damaged", "compressed"] as const satisfies readonly SegmentForm[];
const FILE_NAME = /^(decisions|outcomes)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}(\.[a-z.]+)$/;

export interface SegmentName {
  readonly path: string;
  readonly startMs: number;
  readonly form: SegmentForm;
}

/** A file of a log, whether it counts or not. */
export interface LogFile {
  readonly path: string;
  readonly startMs: number;
  readonly kept: SegmentForm | keyof typeof SIDE_ENDINGS;
}

/**
 * @example segmentFileName("decisions", Date.UTC(2026, 10, 21, 20, 0, 0, 123), "0badcafe")
 * // "decisions-20261121T200000123Z-0badcafe.ndjson"
 */
export function segmentFileName(kind: LogKind, startMs: number, suffix: string): string {
  return `${kind}-${new Date(startMs).toISOString().replace(/[-:.]/g, "")}-${suffix}${SEGMENT_ENDINGS.plain}`;
}

/** The same segment in another form. */
export function inForm(path: string, to: LogFile["kept"]): string {
  return withoutEnding(path) + ENDINGS[to];
}

/** Where the segment of this path may be by now: it is compressed, or put aside as damaged, at any moment. */
export function formsOf(path: string): readonly string[] {
  if (!path.endsWith(SEGMENT_ENDINGS.plain)) return [path];
  return FORMS.map((form) => inForm(path, form));
}

/** The segments of a log, oldest first, each once; none if the directory does not exist. */
export async function listSegments(directory: string, kind: LogKind): Promise<readonly SegmentName[]> {
  const files = await listLogFiles(directory, kind);
  const counting = new Set(countingAmong(files.map(({ path }) => path)));
  return files.flatMap(({ path, startMs, kept }) =>
    counting.has(path) && kept !== "torn" && kept !== "unfinished" ? [{ path, startMs, form: kept }] : [],
  );
}

/** Of these files those that hold lines, each segment once, in order; whatever the rest of their names says. */
export function countingAmong(paths: readonly string[]): readonly string[] {
  const there = new Set(paths);
  return paths.filter((path) => FORMS.map((form) => inForm(path, form)).find((form) => there.has(form)) === path);
}

/** Everything in the directory that is the log's, oldest first; none if it does not exist. */
export async function listLogFiles(directory: string, kind: LogKind): Promise<readonly LogFile[]> {
  const names = await readdir(directory).catch((cause) => noneIfAbsent(cause, kind));
  return names.toSorted().flatMap((name) => {
    const file = parseName(name);
    return file?.kind === kind ? [{ ...file, path: join(directory, name) }] : [];
  });
}

const ENDINGS = { ...SEGMENT_ENDINGS, ...SIDE_ENDINGS };
const KEPT = ["plain", "damaged", "compressed", "torn", "unfinished"] as const satisfies readonly LogFile["kept"][];

function withoutEnding(path: string): string {
  return path.slice(0, path.lastIndexOf(SEGMENT_ENDINGS.plain));
}

/** null for a name that is not a log's. */
function parseName(name: string): (Omit<LogFile, "path"> & { readonly kind: string }) | null {
  const parts = FILE_NAME.exec(name);
  if (parts === null) return null;
  const [, kind = "", year, month, day, hour, minute, second, ms, ending] = parts;
  const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  const kept = KEPT.find((form) => ENDINGS[form] === ending);
  return Number.isNaN(startMs) || kept === undefined ? null : { kind, startMs, kept };
}

function noneIfAbsent(cause: NodeJS.ErrnoException, kind: LogKind): string[] {
  if (cause.code === "ENOENT") return [];
  throw new LiftgateError("log_unavailable", `The ${LOG_TITLES[kind]} cannot be read: ${cause.code ?? cause.message}`);
}
