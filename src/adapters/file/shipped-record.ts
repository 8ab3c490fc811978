import { isUtf8 } from "node:buffer";
import type { LogKind, ShippedRecord } from "../../core/shipping-ports.ts";

/** A line of a log as it is shipped, and when it was written, in ms since 1970. */
export interface ReadLine {
  readonly record: ShippedRecord;
  /** Null where the record does not say. */
  readonly timeMs: number | null;
}

/** Null for a line that is not a record of this log: not UTF-8, not one JSON object, or without its ids. */
export function readLine(kind: LogKind, bytes: Buffer): ReadLine | null {
  if (!isUtf8(bytes)) return null;
  const line = bytes.toString("utf8");
  const fields = parseObject(line);
  if (fields === null) return null;
  const id = fields[kind === "decisions" ? "decisionId" : "outcomeId"];
  const { decisionId, schema } = fields;
  if (typeof id !== "string" || typeof decisionId !== "string" || typeof schema !== "string") return null;
  return { record: { kind, id, decisionId, schema, line }, timeMs: timeOf(fields[TIME_FIELD[kind]]) };
}

const TIME_FIELD = { decisions: "time", outcomes: "receivedAt" } as const satisfies Record<LogKind, string>;

function timeOf(field: unknown): number | null {
  const timeMs = typeof field === "string" ? Date.parse(field) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
