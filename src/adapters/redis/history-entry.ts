/**
 * Offer histories in Redis: for each user and cluster their offers as text, and for all of them one hash with the places
 * that are taken now, so that a decision that offers nothing changes no history. A line for each decision, parts with a
 * space between:
 *
 *     019aa8e1-… 1764147600000 reactivation                                              a place
 *     019aa8e1-… 1764147600000 reactivation voucher_5 1764057600000 1764144000000 email  an offer; without the channel if it has none
 *
 * The instants are milliseconds since 1970: until when it is kept, when it was decided, and when it expires.
 */
import { ENTRIES_MAX, type KeptOffer, type Offer, type Place, type Subject } from "../../core/domain/offer.ts";
import type { HistoryRead } from "../../core/ports.ts";
import { HistoryText, ID_CHARS } from "./history-text.ts";

/** A field for each subject with places; the value is their lines. */
export const PLACES_KEY = "liftgate:places";
/** No line is longer than this. */
export const LINE_CHARS_MAX = 320;
/** No history has more offers than in this text. */
export const OFFERS_CHARS_MAX = ENTRIES_MAX * LINE_CHARS_MAX;
/** Any line is longer than this. */
export const LINE_CHARS_MIN = ID_CHARS + 4;

const EMPTY: HistoryRead = { kind: "found", history: { offers: [], places: [] } };
const MISMATCH: HistoryRead = { kind: "mismatch" };

/** The user, or cluster, is the key's hash tag, as it is of their features. Scripts make it from the subject's name. */
export function historyKey({ scope, id }: Subject): string {
  return scope === "user" ? `liftgate:{${id}}:user-history` : `liftgate:{${id}}:cluster-history`;
}

/** In commands, and as a field of the places. */
export function subjectName({ scope, id }: Subject): string {
  return scope === "user" ? `user:${id}` : `cluster:${id}`;
}

export function placeLine({ decisionId, keepUntilMs, program }: Place): string {
  return `${decisionId} ${keepUntilMs} ${program}`;
}

export function offerLine({ decisionId, keepUntilMs, program, action, ...offer }: KeptOffer): string {
  const { decidedAtMs, expiresAtMs, channel } = offer;
  const line = `${decisionId} ${keepUntilMs} ${program} ${action} ${decidedAtMs} ${expiresAtMs}`;
  return channel === null ? line : `${line} ${channel}`;
}

/** @param text lines of offers and places, each with its line end */
export function historyIn(text: string): HistoryRead {
  if (text === "") return EMPTY;
  const offers: Offer[] = [];
  const places: Place[] = [];
  const history = new HistoryText(text);
  while (!history.isOver) {
    const decisionId = history.id();
    history.passSpace();
    const keepUntilMs = history.instant();
    history.passSpace();
    const program = history.name();
    if (history.hasSpace()) offers.push(offerOf(program, history));
    else places.push({ decisionId, keepUntilMs, program });
    history.passLineEnd();
    if (history.isWrong) return MISMATCH;
  }
  return { kind: "found", history: { offers, places } };
}

function offerOf(program: string, history: HistoryText): Offer {
  const action = history.name();
  history.passSpace();
  const decidedAtMs = history.instant();
  history.passSpace();
  const expiresAtMs = history.instant();
  const channel = history.hasSpace() ? history.name() : null;
  return { program, action, channel, decidedAtMs, expiresAtMs };
}
