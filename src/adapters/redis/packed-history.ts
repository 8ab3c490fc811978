/**
 * The bytes of one subject's offer history in Redis. The commit script reads and extends them too
 * (offer-scripts.ts):
 *
 *     1 byte       version, 1
 *     and for each offer, oldest commit first:
 *     16 bytes     decision id (a UUID)
 *     float64 LE   decidedAt, expiresAt, keepUntil: milliseconds since 1970
 *     3 names      program, action, channel: 1 byte of length and so many of ASCII; no channel is empty
 *
 * A value is a history only if it is one to the last byte. There is no empty one: its key goes.
 */
import { invariant } from "../../core/errors.ts";
import { type KeptOffer, type Offer, OFFERS_MAX } from "../../core/domain/offer.ts";
import type { HistoryRead } from "../../core/ports.ts";

export const HISTORY_VERSION = 1;
const ID_BYTES = 16;
const NAMES_START = ID_BYTES + 3 * Float64Array.BYTES_PER_ELEMENT;
const NAME_BYTES_MAX = 64;
/** No history is longer than this. */
export const HISTORY_BYTES_MAX = 1 + OFFERS_MAX * (NAMES_START + 3 * (1 + NAME_BYTES_MAX));

const NO_OFFERS: HistoryRead = { kind: "found", offers: [] };
const MISMATCH: HistoryRead = { kind: "mismatch" };

/** The 16 bytes of a decision's id. */
export function packDecisionId(decisionId: string): Buffer {
  const bytes = Buffer.from(decisionId.replaceAll("-", ""), "hex");
  invariant(bytes.length === ID_BYTES, "expected a UUID as decision id");
  return bytes;
}

/** One offer as it stands in a history. Its instants are whole milliseconds, its names those of a program. */
export function packOffer(offer: KeptOffer): Buffer {
  const names = [offer.program, offer.action, offer.channel ?? ""];
  const packed = Buffer.allocUnsafe(NAMES_START + names.reduce((bytes, name) => bytes + 1 + name.length, 0));
  packDecisionId(offer.decisionId).copy(packed);
  packed.writeDoubleLE(offer.decidedAtMs, ID_BYTES);
  packed.writeDoubleLE(offer.expiresAtMs, ID_BYTES + 8);
  packed.writeDoubleLE(offer.keepUntilMs, ID_BYTES + 16);
  let at = NAMES_START;
  for (const name of names) {
    invariant(name.length <= NAME_BYTES_MAX, `expected a name of at most ${NAME_BYTES_MAX} characters`);
    at = packed.writeUInt8(name.length, at);
    at += packed.write(name, at, "latin1");
  }
  return packed;
}

/** The offers of a history; none where there is no value. */
export function unpackHistory(packed: Buffer): HistoryRead {
  if (packed.length === 0) return NO_OFFERS;
  if (packed[0] !== HISTORY_VERSION || packed.length === 1 || packed.length > HISTORY_BYTES_MAX) return MISMATCH;
  const offers: Offer[] = [];
  const cursor: Cursor = { packed, at: 1 };
  while (cursor.at < packed.length) {
    const offer = nextOffer(cursor);
    if (offer === null) return MISMATCH;
    offers.push(offer);
  }
  return { kind: "found", offers };
}

interface Cursor {
  readonly packed: Buffer;
  at: number;
}

/** Null where the bytes are no offer. */
function nextOffer(cursor: Cursor): Offer | null {
  const { packed, at } = cursor;
  if (at + NAMES_START > packed.length) return null;
  const decidedAtMs = packed.readDoubleLE(at + ID_BYTES);
  const expiresAtMs = packed.readDoubleLE(at + ID_BYTES + 8);
  if (!isInstant(decidedAtMs) || !isInstant(expiresAtMs)) return null;
  if (!isInstant(packed.readDoubleLE(at + ID_BYTES + 16))) return null;
  cursor.at = at + NAMES_START;
  const program = nextName(cursor);
  const action = program === null ? null : nextName(cursor);
  const channel = action === null ? null : nextName(cursor);
  if (program === null || action === null || channel === null) return null;
  if (program === "" || action === "") return null;
  return { program, action, channel: channel === "" ? null : channel, decidedAtMs, expiresAtMs };
}

/** Null where the bytes end before the name does, or are not those of a name. */
function nextName(cursor: Cursor): string | null {
  const { packed, at } = cursor;
  const length = packed[at];
  if (length === undefined || length > NAME_BYTES_MAX || at + 1 + length > packed.length) return null;
  cursor.at = at + 1 + length;
  for (let i = at + 1; i < cursor.at; i++) if (!isNameByte(packed[i] as number)) return null;
  return packed.toString("latin1", at + 1, cursor.at);
}

/** `a-z 0-9 _ -` */
function isNameByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte === 0x2d;
}

function isInstant(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0;
}
