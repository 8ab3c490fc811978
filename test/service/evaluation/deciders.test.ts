import { describe, expect, it } from "vitest";
import { type DecidedBy, incumbentOf, mergedDeciders } from "../../../src/service/evaluation/deciders.ts";
import { emptyTally } from "../../../src/service/evaluation/read-log.ts";

function decider(version: number, lastTime: string, lastDayRows: number): DecidedBy {
  const program = { id: "coupons", version, digest: `sha256:${version}` };
  return { program, currency: "USD", model: null, lastTime, lastDayRows };
}

function tally(...deciders: readonly DecidedBy[]) {
  return { ...emptyTally(), decidedBy: Object.fromEntries(deciders.map((by) => [by.program.digest, by])) };
}

describe("the incumbent of a log", () => {
  const canary = mergedDeciders([
    tally(decider(1, "2026-11-27T09:00:00.000Z", 80), decider(2, "2026-11-27T10:00:00.000Z", 90)),
    tally(decider(1, "2026-11-28T08:59:00.000Z", 9), decider(2, "2026-11-28T09:00:00.000Z", 5)),
    tally(decider(2, "2026-11-28T10:00:00.000Z", 3)),
  ]);

  it("is who decided most on its last day, not a canary that decided last", () => {
    expect(canary.map(({ program, lastDayRows }) => [program.version, lastDayRows])).toEqual([
      [1, 9],
      [2, 8],
    ]);
    expect(incumbentOf(canary, null)?.program.version).toBe(1);
  });

  it("is the live program where that is known and decided some of it, however little", () => {
    expect(incumbentOf(canary, "sha256:2")?.program.version).toBe(2);
    expect(incumbentOf(canary, "sha256:7")?.program.version).toBe(1);
  });

  it("is the newer one where the older decided no more on the last day", () => {
    const promoted = [decider(1, "2026-11-27T23:59:59.999Z", 500), decider(2, "2026-11-28T00:00:00.000Z", 1)];
    expect(incumbentOf(promoted, null)?.program.version).toBe(2);
    expect(incumbentOf([], null)).toBeUndefined();
  });
});
