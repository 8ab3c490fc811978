import { describe, expect, test } from "vitest";
import { openElsewhere } from "../../../src/core/caps/open-elsewhere.ts";
import { NOW_MS, offerOf } from "../../support/offers.ts";

const offer = (program: string, action: string, ageMs: number, ttlMs: number) =>
  offerOf({ program, action, decidedAtMs: NOW_MS - ageMs, expiresAtMs: NOW_MS - ageMs + ttlMs });

describe("what other programs offer a user now", () => {
  test("is what they offered and has not expired", () => {
    const offers = [
      offer("loyalty", "push_1", 100, 101),
      offer("winback", "voucher_5", 100, 100),
      offer("reactivation", "voucher_5", 100, 1_000),
    ];
    expect(openElsewhere(offers, "reactivation", NOW_MS)).toEqual([
      { program: "loyalty", action: "push_1", sinceMs: NOW_MS - 100 },
    ]);
    expect(openElsewhere([], "reactivation", NOW_MS)).toEqual([]);
  });

  test("tells an action that was offered repeatedly once, since the last time; newest last", () => {
    const offers = [
      offer("loyalty", "push_1", 20, 1_000),
      offer("loyalty", "push_1", 300, 1_000),
      offer("loyalty", "push_2", 200, 1_000),
      offer("winback", "push_1", 10, 1_000),
    ];
    expect(openElsewhere(offers, "reactivation", NOW_MS)).toEqual([
      { program: "loyalty", action: "push_2", sinceMs: NOW_MS - 200 },
      { program: "loyalty", action: "push_1", sinceMs: NOW_MS - 20 },
      { program: "winback", action: "push_1", sinceMs: NOW_MS - 10 },
    ]);
  });
});
