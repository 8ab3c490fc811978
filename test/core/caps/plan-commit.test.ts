import { describe, expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import { planCommit } from "../../../src/core/caps/plan-commit.ts";
import type { Cap } from "../../../src/core/domain/cap.ts";
import { capOf, conditionOf, DAY_MS, HOUR_MS, idOf, NOW_MS, offerOf } from "../../support/offers.ts";

const user = { scope: "user", id: "u1" } as const;
const household = { scope: "cluster", id: "h1" } as const;

function planned(caps: readonly Cap[], conditions: readonly ReturnType<typeof conditionOf>[] = []) {
  const commit = planCommit({
    decisionId: idOf(1),
    offer: offerOf(),
    subjects: [user, household],
    conditions,
    caps,
    calendar: new TemporalCalendar(),
  });
  // For how long, without the hour for clocks that differ.
  return commit.entries.map(({ subject, keepUntilMs, conditions: asked }) => [
    subject.id,
    keepUntilMs - HOUR_MS - NOW_MS,
    asked.length,
  ]);
}

describe("a planned commit", () => {
  test("is the decision's offer", () => {
    const plan = { subjects: [user], conditions: [], caps: [], calendar: new TemporalCalendar() };
    const { decisionId, offer } = planCommit({ decisionId: idOf(7), offer: offerOf(), ...plan });
    expect([decisionId, offer]).toEqual([idOf(7), offerOf()]);
  });

  test("without caps is kept for the user while the offer is open", () => {
    expect(planned([])).toEqual([["u1", DAY_MS, 0]]);
  });

  test("is kept as long as the cap that counts it longest, whichever program's it is", () => {
    const week = { window: { kind: "rolling", spanMs: 7 * DAY_MS } } as const;
    const hour = { window: { kind: "rolling", spanMs: HOUR_MS } } as const;
    expect(planned([capOf(hour)])).toEqual([["u1", DAY_MS, 0]]);
    expect(planned([capOf(hour), capOf({ ...week, program: "reactivation" })])).toEqual([["u1", 7 * DAY_MS, 0]]);
    expect(planned([capOf({ ...week, program: "loyalty" })])).toEqual([["u1", DAY_MS, 0]]);
    expect(planned([capOf({ ...week, channel: "push" })])).toEqual([["u1", DAY_MS, 0]]);
  });

  test("is kept until the end of the calendar period that counts it", () => {
    const month = capOf({ window: { kind: "calendar", every: "month", timeZone: "Europe/Berlin" } });
    expect(planned([month])).toEqual([["u1", Date.parse("2026-12-01T00:00+01:00") - NOW_MS, 0]]);
  });

  test("is in the cluster's history only where a cap counts it there", () => {
    const cap = capOf({ scope: "cluster", window: { kind: "rolling", spanMs: HOUR_MS } });
    expect(planned([cap])).toEqual([
      ["u1", DAY_MS, 0],
      ["h1", HOUR_MS, 0],
    ]);
    expect(planned([{ ...cap, channel: "push" }])).toEqual([["u1", DAY_MS, 0]]);
  });

  test("asks each history for the conditions that count the offer there", () => {
    const conditions = [
      conditionOf(),
      conditionOf({ program: "reactivation" }),
      conditionOf({ action: "voucher_10" }),
      conditionOf({ program: "loyalty" }),
      conditionOf({ scope: "cluster" }),
      conditionOf({ scope: "cluster", channel: "push" }),
    ];
    // Also a program that was replaced meanwhile has its caps kept: none of them is among the loaded ones.
    expect(planned([], conditions)).toEqual([
      ["u1", 7 * DAY_MS, 2],
      ["h1", 7 * DAY_MS, 1],
    ]);
  });
});
