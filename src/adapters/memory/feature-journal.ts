/**
 * The lines of the embedded feature store's file: one JSON line per row written, the newest of a user
 * and set wins.
 *
 *     {"userId":"u42","set":"hillstrom-email","row":"<base64 of the packed row>"}
 *
 * A bad line is damage, and the file is refused rather than read in part.
 */
import { z } from "zod";
import { Id, Slug } from "../../contract/identifiers.ts";
import { FEATURES_MAX } from "../../contract/limits.ts";

/** Header of 16 bytes and 4 for each value, in base64. */
const ROW_TEXT_MAX = Math.ceil((16 + 4 * FEATURES_MAX) / 3) * 4;
/** A row, its names and the JSON around them. */
export const ROW_LINE_BYTES_MAX = ROW_TEXT_MAX + 1_024;

const Line = z.strictObject({ userId: Id, set: Slug, row: z.base64().max(ROW_TEXT_MAX) });

export interface JournalRow {
  readonly userId: string;
  readonly set: string;
  readonly packed: Uint8Array;
}

export function rowLine(row: JournalRow): string {
  const base64 = Buffer.from(row.packed.buffer, row.packed.byteOffset, row.packed.byteLength).toString("base64");
  return `${JSON.stringify({ userId: row.userId, set: row.set, row: base64 })}\n`;
}

export function parseRow(text: string, place: string): JournalRow {
  const parsed = Line.safeParse(parseJson(text));
  if (!parsed.success) throw rowDamage(place);
  const { userId, set, row } = parsed.data;
  return { userId, set, packed: new Uint8Array(Buffer.from(row, "base64")) };
}

export function rowDamage(place: string): Error {
  const remedy = "restore the file from a copy, or remove the line and write that user's features again";
  return new Error(`${place} is not a feature row {"userId","set","row"}: ${remedy}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
