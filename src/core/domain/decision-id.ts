/** Milliseconds since 1970 at which a decision's id, a UUIDv7, was made: its first 48 bits. */
export function timeOfId(decisionId: string): number {
  return Number.parseInt(decisionId.slice(0, 8) + decisionId.slice(9, 13), 16);
}
