import { describe, expect, test } from "vitest";
import { outlived } from "../../../src/core/caps/outlived.ts";
import { ALIKE_MAX } from "../../../src/core/domain/offer.ts";
import { DAY_MS, historyOf, idOf, NOW_MS, offerOf } from "../../support/offers.ts";

const offer = offerOf();
const alike = Array.from({ length: ALIKE_MAX }, (_, n) => ({ decidedAtMs: NOW_MS - ((n * 7) % ALIKE_MAX) }));

describe("of a history", () => {
  test("offers and places go at the first instant at which they are not to be kept", () => {
    const history = historyOf([{ keepUntilMs: NOW_MS }, { keepUntilMs: NOW_MS + 1 }], [{ keepUntilMs: NOW_MS }]);
    expect(outlived(history, null, NOW_MS)).toEqual([idOf(2), idOf(0)]);
    expect(outlived(history, null, NOW_MS - 1)).toEqual([]);
  });

  test("the oldest of too many offers of one kind goes when another is added", () => {
    const oldest = alike.findIndex(({ decidedAtMs }) => decidedAtMs === NOW_MS - ALIKE_MAX + 1);
    expect(outlived(historyOf(alike), offer, NOW_MS)).toEqual([idOf(oldest)]);
    expect(outlived(historyOf(alike.slice(1)), offer, NOW_MS)).toEqual([]);
    expect(outlived(historyOf(alike), null, NOW_MS)).toEqual([]);
  });

  test("offers of other kinds, and those that go anyhow, are not among the alike", () => {
    for (const other of [{ program: "loyalty" }, { action: "voucher_10" }, { channel: null }]) {
      expect(outlived(historyOf(alike), { ...offer, ...other }, NOW_MS)).toEqual([]);
    }
    const [first, ...rest] = alike;
    expect(outlived(historyOf([{ ...first, keepUntilMs: NOW_MS - DAY_MS }, ...rest]), offer, NOW_MS)).toEqual([
      idOf(0),
    ]);
  });
});
