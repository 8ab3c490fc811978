/**
 * Offer histories in Redis: a hash for each user and cluster, with a field for each decision, named by its id. The
 * value is text, parts with a space between:
 *
 *     1764147600000 reactivation                                              a place
 *     1764147600000 reactivation voucher_5 1764057600000 1764144000000 email  an offer; without the channel if it has none
 *
 * The instants are milliseconds since 1970: until when it is kept, when it was decided, and when it expires.
 */
import { ENTRIES_MAX, type KeptOffer, type Place, type Subject } from "../../core/domain/offer.ts";
import type { HistoryRead } from "../../core/ports.ts";

/** Of a decision's id. */
export const ID_CHARS = 36;
const ENTRY_CHARS_MAX = 320;
/** No history is longer than this, all its ids and values together. */
export const HISTORY_CHARS_MAX = ENTRIES_MAX * ENTRY_CHARS_MAX;

const EMPTY: HistoryRead = { kind: "found", history: { offers: [], places: [] } };
const MISMATCH: HistoryRead = { kind: "mismatch" };

const ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const NAME = "[a-z0-9_-]{1,64}";
const INSTANT = "\\d{1,15}";
/** An id and its value, and the line end before the next one. */
const ENTRY = new RegExp(
  `(${ID})(${INSTANT}) (${NAME})(?: (${NAME}) (${INSTANT}) (${INSTANT})(?: (${NAME}))?)?(?:$|\n(?=.))`,
  "y",
);

/** The user, or cluster, is the key's hash tag, as it is of their features. */
export function historyKey({ scope, id }: Subject): string {
  return `liftgate:{${id}}:${scope}-offers`;
}

export function placeText({ keepUntilMs, program }: Place): string {
  return `${keepUntilMs} ${program}`;
}

export function offerText({ keepUntilMs, program, action, decidedAtMs, expiresAtMs, channel }: KeptOffer): string {
  const text = `${keepUntilMs} ${program} ${action} ${decidedAtMs} ${expiresAtMs}`;
  return channel === null ? text : `${text} ${channel}`;
}

/** As scripts take it: the id, for how long from now the value is kept, and the value. */
export function entryText({ decisionId, keepUntilMs }: Place | KeptOffer, value: string, atMs: number): string {
  return `${decisionId}${Math.max(1, keepUntilMs - atMs)} ${value}`;
}

/** @param text of each entry the id and the value, with a line end between one entry and the next */
export function historyIn(text: string): HistoryRead {
  if (text === "") return EMPTY;
  const offers: KeptOffer[] = [];
  const places: Place[] = [];
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < text.length) {
    const entry = ENTRY.exec(text);
    if (entry === null) return MISMATCH;
    const [, decisionId = "", keepUntil, program = "", action, decidedAt, expiresAt, channel = null] = entry;
    const keepUntilMs = Number(keepUntil);
    if (action === undefined) {
      places.push({ decisionId, keepUntilMs, program });
    } else {
      const decidedAtMs = Number(decidedAt);
      const expiresAtMs = Number(expiresAt);
      offers.push({ decisionId, keepUntilMs, program, action, channel, decidedAtMs, expiresAtMs });
    }
  }
  return { kind: "found", history: { offers, places } };
}
