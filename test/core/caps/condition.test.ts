import { describe, expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import { conditionsAt, counts, holds } from "../../../src/core/caps/condition.ts";
import { capOf, DAY_MS, historyOf, HOUR_MS, NOW_MS, offerOf } from "../../support/offers.ts";

const offersAt = (...ages: readonly number[]) => historyOf(ages.map((age) => ({ decidedAtMs: NOW_MS - age })));

describe("a condition", () => {
  test("on a rolling window counts the offers of less than a span ago", () => {
    const [condition] = conditionsAt(
      [capOf({ max: 2, window: { kind: "rolling", spanMs: DAY_MS } })],
      new TemporalCalendar(),
      NOW_MS,
    );
    if (condition === undefined) throw new Error("expected a condition");
    expect(holds(condition, offersAt())).toBe(true);
    expect(holds(condition, offersAt(0))).toBe(true);
    expect(holds(condition, offersAt(0, DAY_MS))).toBe(true);
    expect(holds(condition, offersAt(0, DAY_MS - 1))).toBe(false);
    expect(holds(condition, offersAt(5, 6, 7))).toBe(false);
    // From a clock that is ahead.
    expect(holds(condition, offersAt(-HOUR_MS, 5))).toBe(false);
  });

  test("on a calendar window counts the offers since the period's first instant", () => {
    // Noon of 25 November in UTC is 17:30 in Kolkata; its day began at 18:30 UTC the day before.
    const [condition] = conditionsAt(
      [capOf({ window: { kind: "calendar", every: "day", timeZone: "Asia/Kolkata" } })],
      new TemporalCalendar(),
      NOW_MS,
    );
    if (condition === undefined) throw new Error("expected a condition");
    expect(holds(condition, offersAt(17.5 * HOUR_MS))).toBe(false);
    expect(holds(condition, offersAt(17.5 * HOUR_MS + 1))).toBe(true);
  });

  test("counts an offer of any channel where the cap names none, also one without a channel", () => {
    const push = offerOf({ channel: null });
    expect(counts(capOf(), push)).toBe(true);
    expect(counts(capOf({ channel: "push" }), push)).toBe(false);
    expect(counts(capOf({ program: "reactivation", action: "voucher_5" }), push)).toBe(true);
    expect(counts(capOf({ program: "reactivation", action: "voucher_10" }), push)).toBe(false);
  });
});
