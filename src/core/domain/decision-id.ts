/** Decisions' ids are UUIDv7 (RFC 9562, section 5.7) that end in the mark of the replica that made them. */

/** Hexadecimal digits. Two replicas may have the same: then both hear of an outcome, and one of them knows the decision. */
export const MARK_DIGITS = 4;

/** Milliseconds since 1970 at which the id was made: its first 48 bits. */
export function timeOfId(decisionId: string): number {
  return Number.parseInt(decisionId.slice(0, 8) + decisionId.slice(9, 13), 16);
}

/** The mark of the replica that made the id. */
export function markOfId(decisionId: string): string {
  return decisionId.slice(-MARK_DIGITS);
}
