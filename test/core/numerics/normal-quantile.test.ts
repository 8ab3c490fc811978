import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../../src/core/numerics/normal-quantile.ts";

/** scipy.stats.norm.ppf, SciPy 1.17. */
const REFERENCE: readonly (readonly [number, number])[] = [
  [1e-300, -37.0470962993612],
  [1e-16, -8.222082216130435],
  [1e-5, -4.264890793922825],
  [0.02425, -1.972961051311885],
  [0.07, -1.4757910281791706],
  [0.075, -1.4395314709384563],
  [0.3, -0.5244005127080409],
  [0.5, 0],
  [0.6, 0.2533471031357997],
  [0.8, 0.8416212335729143],
  [0.9, 1.2815515655446004],
  [0.925, 1.4395314709384563],
  [0.975, 1.959963984540054],
  [0.999, 3.090232306167813],
];

describe("normalQuantile", () => {
  it.each(REFERENCE)("of %d is SciPy's to 1e-14 relative", (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(z)));
  });

  it("is infinite at the ends and NaN outside", () => {
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
    expect(normalQuantile(1.1)).toBeNaN();
  });
});
