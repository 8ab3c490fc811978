import { describe, expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import { keepingOf } from "../../../src/core/caps/keeping.ts";
import type { Cap } from "../../../src/core/domain/cap.ts";
import { SPANS } from "../../../src/core/domain/period.ts";
import { capOf, DAY_MS, HOUR_MS } from "../../support/offers.ts";

const program = { id: "reactivation", offerTtlMs: DAY_MS };
const week = { window: { kind: "rolling", spanMs: 7 * DAY_MS } } as const;

/** For how long, without the hour for clocks that differ. */
function kept(caps: readonly Cap[], own: readonly Cap[] = []): number {
  return keepingOf({ ...program, caps: own }, caps).keepMs - HOUR_MS;
}

describe("the offers of a program", () => {
  test("are kept while they are open where no cap counts them", () => {
    expect(kept([])).toBe(DAY_MS);
    expect(kept([capOf({ ...week, program: "loyalty" })])).toBe(DAY_MS);
    expect(keepingOf({ ...program, caps: [] }, [])).toMatchObject({ counted: false, byCluster: false });
  });

  test("are kept as long as the cap that counts longest, whichever program's it is", () => {
    expect(kept([capOf({ window: { kind: "rolling", spanMs: HOUR_MS } })])).toBe(DAY_MS);
    expect(kept([capOf({ ...week, program: "reactivation" }), capOf({ window: { kind: "rolling", spanMs: 1 } })])).toBe(
      7 * DAY_MS,
    );
    expect(kept([capOf({ ...week, channel: "push" })])).toBe(7 * DAY_MS);
    // A program that was replaced meanwhile: its caps are not among the loaded ones.
    expect(kept([], [capOf(week)])).toBe(7 * DAY_MS);
  });

  test("have a place in the cluster's history only where a cap counts them there", () => {
    const caps = [capOf({ scope: "cluster", program: "loyalty" }), capOf()];
    expect(keepingOf({ ...program, caps: [] }, caps)).toMatchObject({ counted: true, byCluster: false });
    expect(keepingOf({ ...program, caps: [] }, [capOf({ scope: "cluster" })])).toMatchObject({
      counted: true,
      byCluster: true,
    });
  });

  test("are kept for at least as long as any calendar period is", () => {
    const calendar = new TemporalCalendar();
    for (const every of SPANS) {
      for (const timeZone of ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"]) {
        const rule = { kind: "calendar", every, timeZone } as const;
        let longestMs = 0;
        for (let atMs = Date.UTC(2011, 0); atMs < Date.UTC(2013, 0); atMs += 5 * HOUR_MS) {
          const { startMs, endMs } = calendar.periodAt(rule, atMs);
          longestMs = Math.max(longestMs, endMs - startMs);
        }
        expect(kept([capOf({ window: rule })])).toBeGreaterThanOrEqual(longestMs);
      }
    }
  });
});
