import { describe, expect, it } from "vitest";
import { Purse } from "../../src/simulation/purse.ts";

describe("the purse of a simulated day", () => {
  it("pays to its last micro and not one more", () => {
    const purse = new Purse(10);
    purse.debit(10);
    expect([purse.spentMicros, purse.availableMicros]).toEqual([10, 0]);
    purse.debit(0);
    expect(() => purse.debit(1)).toThrow("expected whole micros up to 0, got 1");
  });

  it.each([-1, 0.5, NaN])("knows no such amount as %s", (micros) => {
    expect(() => new Purse(micros)).toThrow("expected whole micros");
    expect(() => new Purse(10).debit(micros)).toThrow("expected whole micros");
  });
});
