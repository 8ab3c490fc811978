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
import { HistoryText } from "./history-text.ts";

/** Of a decision's id. */
export const ID_CHARS = 36;
const ENTRY_CHARS_MAX = 320;
/** No history is longer than this, all its ids and values together. */
export const HISTORY_CHARS_MAX = ENTRIES_MAX * ENTRY_CHARS_MAX;

const EMPTY: HistoryRead = { kind: "found", history: { offers: [], places: [] } };
const MISMATCH: HistoryRead = { kind: "mismatch" };

/** The user, or cluster, is the key's hash tag, as it is of their features. */
export function historyKey({ scope, id }: Subject): string {
  return scope === "user" ? `liftgate:{${id}}:user-offers` : `liftgate:{${id}}:cluster-offers`;
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

/** @param text of each entry the id and the value, with line ends between all of them */
export function historyIn(text: string): HistoryRead {
  if (text === "") return EMPTY;
  const offers: KeptOffer[] = [];
  const places: Place[] = [];
  const history = new HistoryText(text);
  for (;;) {
    const entry = nextEntry(history);
    if (history.isWrong) return MISMATCH;
    if ("action" in entry) offers.push(entry);
    else places.push(entry);
    if (history.isOver) return { kind: "found", history: { offers, places } };
    history.passLineEnd();
  }
}

function nextEntry(history: HistoryText): KeptOffer | Place {
  const decisionId = history.id();
  history.passLineEnd();
  const keepUntilMs = history.instant();
  history.passSpace();
  const program = history.name();
  if (!history.hasSpace()) return { decisionId, keepUntilMs, program };
  const action = history.name();
  history.passSpace();
  const decidedAtMs = history.instant();
  history.passSpace();
  const expiresAtMs = history.instant();
  const channel = history.hasSpace() ? history.name() : null;
  return { decisionId, keepUntilMs, program, action, channel, decidedAtMs, expiresAtMs };
}
