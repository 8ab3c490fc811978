import { z } from "zod";
import { ID_LENGTH_MAX } from "./limits.ts";

/** Ids of users, clusters and requests: printable ASCII without spaces, quotes, braces or `|`. */
export const Id = z
  .string()
  .regex(
    new RegExp(`^[A-Za-z0-9_.:@/+=-]{1,${ID_LENGTH_MAX}}$`),
    `1 to ${ID_LENGTH_MAX} characters of A-Z a-z 0-9 _ . : @ / + = -`,
  );

/** Names that operators choose and that become metric labels and file names. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "1 to 64 characters of a-z 0-9 _ -, starting with a letter or digit");

export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 lower-case hexadecimal digits");
export const Currency = z.string().regex(/^[A-Z]{3}$/, "three capital letters of ISO 4217, such as USD");
export const Instant = z.iso.datetime({ offset: true });

/** `90s`, `15m`, `24h`, `30d`. */
export const DurationText = z
  .string()
  .regex(/^[1-9][0-9]{0,5}(s|m|h|d)$/, "a whole number and s, m, h or d, such as 24h");

const MS_PER_UNIT = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration that `DurationText` accepts.
 *
 * @example durationMs("24h") // 86_400_000
 */
export function durationMs(text: string): number {
  const unit = text.slice(-1) as keyof typeof MS_PER_UNIT;
  return Number(text.slice(0, -1)) * MS_PER_UNIT[unit];
}
