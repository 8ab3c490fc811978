import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  entryText,
  HISTORY_CHARS_MAX,
  historyIn,
  historyKey,
  ID_CHARS,
  offerText,
  placeText,
} from "../../../src/adapters/redis/history-entry.ts";
import { ENTRIES_MAX, type History, type KeptOffer, type Place } from "../../../src/core/domain/offer.ts";
import type { HistoryRead } from "../../../src/core/ports.ts";
import { cluster, idOf, keptOf, NOW_MS, placeOf, user } from "../../support/offers.ts";

const SEED = 20261125;
const LAST_MS = 999_999_999_999_999;
const MISMATCH: HistoryRead = { kind: "mismatch" };
const OFFER = "1798200000000 reactivation voucher_5 1795608000000 1795694400000 email";
const ENTRY = `${idOf(1)}\n${OFFER}`;

test("the user, or cluster, is the hash tag of a history's key", () => {
  expect([user, cluster].map(historyKey)).toEqual(["liftgate:{u1}:user-offers", "liftgate:{u1}:cluster-offers"]);
});

describe("the text of an entry", () => {
  // By hand: noon of 25 November 2026, of the 26th, and of 25 December.
  test("of an offer names its instants, its kind, and its channel if it has one", () => {
    expect(offerText(keptOf(1))).toBe(OFFER);
    expect(offerText(keptOf(1, { channel: null }))).toBe(OFFER.replace(" email", ""));
  });

  test("of a place names its instant and its program", () => {
    expect(placeText(placeOf(1))).toBe("1798200000000 reactivation");
  });
});

test("an entry for scripts says for how long it is kept: for a moment at least", () => {
  const id = "019aa8e1-7d2c-7b0e-9d5c-000000000001";
  const place = placeOf(1, { keepUntilMs: NOW_MS + 500 });
  expect(entryText(place, "value", NOW_MS)).toBe(`${id}500 value`);
  for (const lateMs of [500, 501]) expect(entryText(place, "value", NOW_MS + lateMs)).toBe(`${id}1 value`);
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

  test("that was cut is a mismatch, or has the entries before the cut and at most one more of the same decision", () => {
    fc.assert(
      fc.property(anyEntry(), anyEntry(), (first, second) => {
        const [firstText, whole] = [textOf([first]), textOf([first, second])];
        for (let length = firstText.length + 1; length < whole.length; length++) {
          const read = historyIn(whole.slice(0, length));
          if (read.kind === "mismatch") continue;
          const { offers, places } = read.history;
          expect(offers.length + places.length).toBe(2);
          expect([...offers, ...places]).toContainEqual(first);
          expect([...offers, ...places].map(({ decisionId }) => decisionId)).toContain(second.decisionId);
        }
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test("that is random is a mismatch", () => {
    const any = fc.oneof(fc.string({ minLength: 1 }), fc.string({ minLength: 1, unit: "binary" }));
    fc.assert(
      fc.property(any, (text) => {
        expect(historyIn(text)).toEqual(MISMATCH);
        expect(historyIn(`${ENTRY}\n${text}`)).toEqual(MISMATCH);
        expect(historyIn(`${text}\n${ENTRY}`)).toEqual(MISMATCH);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test.for([
    ["no id", OFFER],
    ["an empty id", `\n${OFFER}`],
    ["an id in capitals", `${idOf(1).toUpperCase()}\n${OFFER}`],
    ["an id that is too short", `${idOf(1).slice(1)}\n${OFFER}`],
    ["an id that is too long", `${idOf(1)}1\n${OFFER}`],
    ["an id without dashes", `${idOf(1).replaceAll("-", "0")}\n${OFFER}`],
    ["a dash for a digit of an id", `${idOf(1).replace("0", "-")}\n${OFFER}`],
    ["a letter that no id has", `${idOf(1).replace("a", "g")}\n${OFFER}`],
    ["no line end after the id", `${idOf(1)}${OFFER}`],
    ["a space before the value", `${idOf(1)}\n ${OFFER}`],
    ["an id and nothing more", idOf(1)],
    ["no value", `${idOf(1)}\n`],
    ["an instant and nothing more", `${idOf(1)}\n1798200000000`],
    ["an action without instants", `${idOf(1)}\n1798200000000 reactivation voucher_5`],
    ["an action with one instant", `${idOf(1)}\n1798200000000 reactivation voucher_5 1795608000000`],
    ["a part too many", `${ENTRY} more`],
    ["a space at the end", `${ENTRY} `],
    ["two spaces", ENTRY.replace(" ", "  ")],
    ["a line end at the end", `${ENTRY}\n`],
    ["a line end at the start", `\n${ENTRY}`],
    ["an empty line", `${ENTRY}\n\n${ENTRY}`],
    ["other line ends", `${ENTRY}\r\n${ENTRY}`],
    ["no line end between entries", `${ENTRY}${ENTRY}`],
  ])("with %s is a mismatch", ([, text = ""]) => {
    expect(historyIn(text)).toEqual(MISMATCH);
  });

  test.for(["NaN", "Infinity", "-1", "+1", "1.5", "1e3", "0x1", "", "1234567890123456"])(
    'with "%s" for any of its instants is a mismatch',
    (bad) => {
      for (const instant of ["1798200000000", "1795608000000", "1795694400000"]) {
        expect(historyIn(ENTRY.replace(instant, bad))).toEqual(MISMATCH);
      }
    },
  );

  test.for(["", "Email", "em il x", "em\u0000il", "em\u00e9l", "em.il", "x".repeat(65)])(
    'with "%s" for any of its names is a mismatch',
    (bad) => {
      for (const name of ["reactivation", "voucher_5", "email"]) {
        expect(historyIn(ENTRY.replace(name, bad))).toEqual(MISMATCH);
      }
    },
  );

  test("of the most and longest entries is no longer than a history can be", () => {
    const name = "x".repeat(64);
    const kind = { program: name, action: name, channel: name };
    const longest = { ...kind, decidedAtMs: LAST_MS, expiresAtMs: LAST_MS, keepUntilMs: LAST_MS };
    const entries = Array.from({ length: ENTRIES_MAX }, (_, n) => keptOf(n, longest));
    const text = textOf(entries);
    expect(text.length).toBeLessThanOrEqual(HISTORY_CHARS_MAX);
    expect(historyIn(text)).toEqual({ kind: "found", history: { offers: entries, places: [] } });
  });
});

test("a decision's id has the length that scripts cut it off by", () => {
  expect(idOf(1)).toHaveLength(ID_CHARS);
});

type Entry = KeptOffer | Place;

/** As the script joins them: ids and values, with line ends between. */
function textOf(entries: readonly Entry[]): string {
  const valueOf = (entry: Entry) => ("action" in entry ? offerText(entry) : placeText(entry));
  return entries.flatMap((entry) => [entry.decisionId, valueOf(entry)]).join("\n");
}

function historyOf(entries: readonly Entry[]): History {
  return {
    offers: entries.filter((entry) => "action" in entry),
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
