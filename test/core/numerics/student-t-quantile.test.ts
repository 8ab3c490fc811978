import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../../src/core/numerics/normal-quantile.ts";
import { studentTQuantile } from "../../../src/core/numerics/student-t-quantile.ts";

describe("the quantile of Student's t", () => {
  /** Closed forms: ν = 1 is tan(π(p − 1/2)), ν = 2 is (2p − 1)·√(2/(4p(1 − p))). */
  it.each([0.01, 0.3, 0.5, 0.9, 0.975, 0.9999])("is the closed form of one and two degrees at %d", (p) => {
    expect(studentTQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5)) || 1).toBeCloseTo(1, 9);
    expect(studentTQuantile(p, 2)).toBeCloseTo((2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p))), 9);
  });

  /** Percentage points as every table has them. */
  it.each([
    [0.95, 11, 1.7958848],
    [0.975, 11, 2.2009852],
    [0.975, 30, 2.0422725],
    [0.995, 100, 2.6258905],
  ])("is what tables say at %d with %d degrees", (p, degrees, t) => {
    expect(studentTQuantile(p, degrees)).toBeCloseTo(t, 6);
  });

  it("is as good as normal with many degrees", () => {
    expect(studentTQuantile(0.975, 1e6)).toBeCloseTo(normalQuantile(0.975), 5);
  });
});
