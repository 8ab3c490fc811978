/**
 * The lines behind the embedded feature store: one for each row written, the newest of a user and set
 * wins.
 *
 *     {"userId":"u42","set":"hillstrom-email","row":"<base64 of the packed row>"}
 */
import { z } from "zod";
import { Id, Slug } from "../../contract/identifiers.ts";
import { FEATURES_MAX } from "../../contract/limits.ts";
import type { LineForm } from "./journal.ts";
import { parseJson } from "./parse-json.ts";

/** Header of 16 bytes and 4 for each value, in base64. */
const ROW_TEXT_MAX = Math.ceil((16 + 4 * FEATURES_MAX) / 3) * 4;

const Line = z.strictObject({ userId: Id, set: Slug, row: z.base64().max(ROW_TEXT_MAX) });

export interface JournalRow {
  readonly userId: string;
  readonly set: string;
  readonly packed: Uint8Array;
}

export const FEATURE_LINE: LineForm<JournalRow> = {
  /** A row, its names and the JSON around them. */
  bytesMax: ROW_TEXT_MAX + 1_024,
  parse: (text) => {
    const parsed = Line.safeParse(parseJson(text));
    if (!parsed.success) return null;
    const { userId, set, row } = parsed.data;
    return { userId, set, packed: new Uint8Array(Buffer.from(row, "base64")) };
  },
  remedy:
    'is not a feature row {"userId","set","row"}: restore the file from a copy, or remove the line and write that user\'s features again',
};

export function featureLine(row: JournalRow): string {
  const base64 = Buffer.from(row.packed.buffer, row.packed.byteOffset, row.packed.byteLength).toString("base64");
  return `${JSON.stringify({ userId: row.userId, set: row.set, row: base64 })}\n`;
}
