/** Ids of decisions, and how users stand in the log. */
import { createHmac, randomUUID } from "node:crypto";
import { MARK_DIGITS } from "../core/domain/decision-id.ts";
import { murmur3Hex } from "../core/numerics/murmur3.ts";

/** The replica's part of its decisions' ids. */
export function markOf(replica: string): string {
  return murmur3Hex(replica).slice(0, MARK_DIGITS);
}

const TIME_DIGITS = 12;
/** Where a random UUID has its version, the first digit of the third group. */
const VERSION_AT = 14;

/**
 * New UUIDv7 (RFC 9562, section 5.7): the time in the first 48 bits, so that ids sort and the log can be
 * searched by them. The rest is that of a random UUID (version 4), whose layout is the same from the
 * version on; but it ends in the replica's mark.
 */
export function idSource(now: () => number, mark: string): () => string {
  let timeMs = NaN;
  let start = "";
  return () => {
    const nowMs = now();
    // A busy service makes many ids in one millisecond.
    if (nowMs !== timeMs) {
      timeMs = nowMs;
      start = startOf(nowMs);
    }
    return start + randomUUID().slice(VERSION_AT + 1, -MARK_DIGITS) + mark;
  };
}

/** The time as the first two groups of a UUID, and the version. */
function startOf(timeMs: number): string {
  const digits = timeMs.toString(16).padStart(TIME_DIGITS, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
}

/** The user id as it stands in the log: itself, or a keyed hash that only the holder of the key can link. */
export function pseudonymizer(pepper: string | undefined): (id: string) => string {
  if (pepper === undefined) return (id) => id;
  return (id) => `hmac-sha256:${createHmac("sha256", pepper).update(id).digest("hex")}`;
}
