import { describe, expect, it } from "vitest";
import type { Difference, Gate, SliceResult } from "../../../src/core/evaluation/evaluation.ts";
import { verdictOn } from "../../../src/core/evaluation/verdict.ts";

const PASSED: Gate = { gate: "ess", passed: true, measured: 500, limit: 200, says: "enough" };
const SLICE: SliceResult = {
  name: "channel",
  kind: "slice",
  label: "web",
  decisions: 100,
  units: 100,
  offered: { candidate: 0, incumbent: 0 },
  value: null,
  cost: null,
  harmed: false,
};

function differing(low: number, high: number): Difference {
  const value = { estimate: (low + high) / 2, standardError: 1, low, high };
  return { at: "equal_spend", lambdas: [], value, cost: value, profit: value };
}

const FINE = { gates: [PASSED], difference: differing(0.1, 0.3), slices: [SLICE], calibrationHolds: true };

describe("the verdict", () => {
  it("ships what is worth more beyond chance, and says by how much", () => {
    expect(verdictOn(FINE)).toEqual({
      decision: "ship",
      reasons: ["The candidate is worth more than the incumbent at equal spend: 0.2 a decision (0.1 to 0.3)."],
    });
  });

  it("does not ship what is worth less, or harms a slice", () => {
    expect(verdictOn({ ...FINE, difference: differing(-0.3, -0.1) }).decision).toBe("do_not_ship");
    const harmed = verdictOn({ ...FINE, slices: [{ ...SLICE, harmed: true }] });
    expect(harmed.decision).toBe("do_not_ship");
    expect(harmed.reasons[1]).toBe("It is worth less to channel = web, beyond the tolerance and chance.");
  });

  it("cannot tell within chance, with a calibration that does not hold, or when nothing was compared", () => {
    expect(verdictOn({ ...FINE, difference: differing(-0.1, 0.3) }).decision).toBe("cannot_tell");
    expect(verdictOn({ ...FINE, calibrationHolds: false }).decision).toBe("cannot_tell");
    expect(verdictOn({ ...FINE, difference: { refused: "other spend" } })).toEqual({
      decision: "cannot_tell",
      reasons: ["other spend"],
    });
  });

  it("concludes nothing when a gate did not pass, and says which", () => {
    const gates = [PASSED, { ...PASSED, passed: false, says: "too few" }];
    expect(verdictOn({ ...FINE, gates })).toEqual({ decision: "cannot_tell", reasons: ["too few"] });
  });
});
