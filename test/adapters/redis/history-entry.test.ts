import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  historyIn,
  historyKey,
  LINE_CHARS_MIN,
  offerLine,
  OFFERS_CHARS_MAX,
  placeLine,
  subjectName,
} from "../../../src/adapters/redis/history-entry.ts";
import { ID_CHARS } from "../../../src/adapters/redis/history-text.ts";
import { ENTRIES_MAX, type History, type KeptOffer, type Place } from "../../../src/core/domain/offer.ts";
import type { HistoryRead } from "../../../src/core/ports.ts";
import { cluster, idOf, keptOf, placeOf, told, user } from "../../support/offers.ts";

const SEED = 20261125;
const LAST_MS = 999_999_999_999_999;
const MISMATCH: HistoryRead = { kind: "mismatch" };
const OFFER = "1798200000000 reactivation voucher_5 1795608000000 1795694400000 email";
const LINE = `${idOf(1)} ${OFFER}\n`;
const PLACE = `${idOf(1)} 1798200000000 reactivation\n`;

test("the user, or cluster, is the hash tag of a history's key, and a part of the subject's name", () => {
  expect([user, cluster].map(historyKey)).toEqual(["liftgate:{u1}:user-history", "liftgate:{u1}:cluster-history"]);
  expect([user, cluster].map(subjectName)).toEqual(["user:u1", "cluster:u1"]);
});

describe("the line", () => {
  // By hand: noon of 25 November 2026, of the 26th, and of 25 December.
  test("of an offer names its decision, its instants, its kind, and its channel if it has one", () => {
    expect(offerLine(keptOf(1))).toBe(`${idOf(1)} ${OFFER}`);
    expect(offerLine(keptOf(1, { channel: null }))).toBe(`${idOf(1)} ${OFFER.replace(" email", "")}`);
  });

  test("of a place names its decision, its instant and its program", () => {
    expect(placeLine(placeOf(1))).toBe(`${idOf(1)} 1798200000000 reactivation`);
  });
});

describe("a history in text", () => {
  test("of any offers and places is read as they were", () => {
    fc.assert(
      fc.property(fc.array(anyEntry(), { maxLength: 20 }), (entries) => {
        expect(historyIn(textOf(entries))).toEqual({ kind: "found", history: historyOf(entries) });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test("that was cut anywhere but after a line is a mismatch", () => {
    fc.assert(
      fc.property(anyEntry(), anyEntry(), (first, second) => {
        const [firstText, whole] = [textOf([first]), textOf([first, second])];
        for (let length = firstText.length + 1; length < whole.length; length++) {
          expect(historyIn(whole.slice(0, length))).toEqual(MISMATCH);
        }
        expect(historyIn(firstText)).toEqual({ kind: "found", history: historyOf([first]) });
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test("that is random is a mismatch", () => {
    const any = fc.oneof(fc.string({ minLength: 1 }), fc.string({ minLength: 1, unit: "binary" }));
    fc.assert(
      fc.property(any, (text) => {
        expect(historyIn(text)).toEqual(MISMATCH);
        expect(historyIn(`${LINE}${text}`)).toEqual(MISMATCH);
        expect(historyIn(`${text}${LINE}`)).toEqual(MISMATCH);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test.for([
    ["no id", `${OFFER}\n`],
    ["an empty id", ` ${OFFER}\n`],
    ["an id that is too short", LINE.slice(1)],
    ["an id that is too long", LINE.replace(" ", "1 ")],
    ["an id without dashes", LINE.replace(idOf(1), idOf(1).replaceAll("-", "0"))],
    ["a dash of an id elsewhere", LINE.replace("-7d2c", "7-d2c")],
    ["a line end in an id", LINE.replace("019a", "01\na")],
    ["no space after the id", `${idOf(1)}${OFFER}\n`],
    ["an id and nothing more", `${idOf(1)}\n`],
    ["no value", `${idOf(1)} \n`],
    ["an instant and nothing more", `${idOf(1)} 1798200000000\n`],
    ["an action without instants", `${idOf(1)} 1798200000000 reactivation voucher_5\n`],
    ["an action with one instant", `${idOf(1)} 1798200000000 reactivation voucher_5 1795608000000\n`],
    ["a part too many", LINE.replace("email", "email more")],
    ["a space at the end", LINE.replace("email", "email ")],
    ["two spaces", LINE.replace(" ", "  ")],
    ["no line end at the end", LINE.trimEnd()],
    ["a line end at the start", `\n${LINE}`],
    ["an empty line", `${LINE}\n${LINE}`],
    ["other line ends", LINE.replace("\n", "\r\n")],
    ["no line end between offers", `${LINE.trimEnd()}${LINE}`],
    ["no line end between an offer and a place", `${LINE.trimEnd()}${PLACE}`],
    ["no line end between a place and an offer", `${PLACE.trimEnd()}${LINE}`],
    ["no line end between places", `${PLACE.trimEnd()}${PLACE}`],
    ["a space at the end of a place", PLACE.replace("\n", " \n")],
    ["no line end after a place", PLACE.trimEnd()],
    ["an empty line at the end", `${LINE}\n`],
    ["a wrong line between others", `${LINE}${OFFER}\n${LINE}`],
  ])("with %s is a mismatch", ([, text = ""]) => {
    expect(historyIn(text)).toEqual(MISMATCH);
  });

  test.for(["NaN", "Infinity", "-1", "+1", "1.5", "1e3", "0x1", "", "1234567890123456"])(
    'with "%s" for any of its instants is a mismatch',
    (bad) => {
      for (const instant of ["1798200000000", "1795608000000", "1795694400000"]) {
        expect(historyIn(LINE.replace(instant, bad))).toEqual(MISMATCH);
      }
      expect(historyIn(PLACE.replace("1798200000000", bad))).toEqual(MISMATCH);
    },
  );

  test.for(["", "Email", "em il x", "em\u0000il", "em\u00e9l", "em.il", "x".repeat(65)])(
    'with "%s" for any of its names is a mismatch',
    (bad) => {
      for (const name of ["reactivation", "voucher_5", "email"]) {
        expect(historyIn(LINE.replace(name, bad))).toEqual(MISMATCH);
      }
      expect(historyIn(PLACE.replace("reactivation", bad))).toEqual(MISMATCH);
    },
  );

  test.for([
    ["capitals", idOf(1).toUpperCase()],
    ["a letter that no id has", idOf(1).replace("a", "g")],
    ["a dash for a digit", idOf(1).replace("0", "-")],
  ])("with %s in an id is read: only its shape says what it is", ([, id = ""]) => {
    const places = [placeOf(1, { decisionId: id })];
    expect(historyIn(LINE.replace(idOf(1), id))).toEqual({ kind: "found", history: historyOf([keptOf(1)]) });
    expect(historyIn(PLACE.replace(idOf(1), id))).toEqual({ kind: "found", history: { offers: [], places } });
  });

  test("of the most and longest offers is no longer than a history can be, and of the shortest no shorter", () => {
    const kindOf = (name: string) => ({ program: name, action: name, channel: name });
    const longest = { decidedAtMs: LAST_MS, expiresAtMs: LAST_MS, keepUntilMs: LAST_MS };
    const entries = Array.from({ length: ENTRIES_MAX }, (_, n) => keptOf(n, { ...kindOf("x".repeat(64)), ...longest }));
    const text = textOf(entries);
    expect(text.length).toBeLessThanOrEqual(OFFERS_CHARS_MAX);
    expect(historyIn(text)).toEqual({ kind: "found", history: historyOf(entries) });
    const shortest = { decidedAtMs: 0, expiresAtMs: 0, keepUntilMs: 0, channel: null };
    expect(textOf([keptOf(1, { ...kindOf("x"), ...shortest })]).length).toBeGreaterThan(LINE_CHARS_MIN);
  });
});

test("a decision's id has the length that scripts cut it off by", () => {
  expect(idOf(1)).toHaveLength(ID_CHARS);
});

type Entry = KeptOffer | Place;

function textOf(entries: readonly Entry[]): string {
  return entries.map((entry) => `${"action" in entry ? offerLine(entry) : placeLine(entry)}\n`).join("");
}

function historyOf(entries: readonly Entry[]): History {
  return {
    offers: entries.filter((entry) => "action" in entry).map(told),
    places: entries.filter((entry): entry is Place => !("action" in entry)),
  };
}

function anyEntry(): fc.Arbitrary<Entry> {
  const instant = fc.oneof(fc.nat(), fc.integer({ min: 0, max: LAST_MS }));
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/);
  const place = { decisionId: fc.uuid(), program: name, keepUntilMs: instant };
  const offer = { action: name, channel: fc.option(name), decidedAtMs: instant, expiresAtMs: instant };
  return fc.oneof(fc.record({ ...place, ...offer }), fc.record(place));
}
