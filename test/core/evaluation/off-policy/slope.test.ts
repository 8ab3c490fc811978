import { describe, expect, it } from "vitest";
import { slopeChoice } from "../../../../src/core/evaluation/off-policy/slope.ts";
import { Random } from "../../../../src/simulation/random.ts";

describe("SLOPE", () => {
  it("takes the last that does not contradict any before it, be it that a later one agrees again", () => {
    const contenders = [
      { limit: 4, estimate: 1, standardError: 1 },
      { limit: 3, estimate: 1.5, standardError: 0.5 },
      { limit: 2, estimate: 20, standardError: 0.1 },
      { limit: 1, estimate: 1, standardError: 0 },
    ] as const;
    expect(slopeChoice(contenders)).toBe(3);
    expect(slopeChoice([contenders[0], contenders[1]])).toBe(3);
    expect(slopeChoice([contenders[0]])).toBe(4);
  });

  it("asks that all agree at one point, not each with its neighbour", () => {
    // Of three: ±2·2.394 errors. The first two meet at 1.
    const at = (limit: number, estimate: number) => ({ limit, estimate, standardError: 0.5 / (2 * 2.394) });
    expect(slopeChoice([at(3, 0.5), at(2, 1.4), at(1, 2.3)])).toBe(2);
  });

  it("errs little more than the best limit does, whether bias rises early, late or not at all", () => {
    const random = new Random(4, "slope");
    const errors = [1, 0.5, 0.25, 0.12, 0.06];
    const biases = [
      [0, 0, 0, 0, 0],
      [0, 0.01, 0.05, 0.2, 0.8],
      [0, 0.5, 2, 8, 30],
    ];
    for (const bias of biases) {
      const best = Math.min(...errors.map((error, k) => (bias[k] ?? NaN) + error));
      let worlds = 0;
      let within = 0;
      for (; worlds < 1_000; worlds++) {
        const all = errors.map((standardError, k) => ({
          limit: k,
          estimate: (bias[k] ?? NaN) + standardError * random.normal(),
          standardError,
        }));
        const [first, ...others] = all;
        const chosen = first === undefined ? undefined : all[slopeChoice([first, ...others])];
        // The paper's bound, 6 · (bias + c) at the best of them, with c the 2.576 errors of δ = 0.05 among five.
        within += Number(Math.abs(chosen?.estimate ?? NaN) <= 6 * 2.576 * best);
      }
      expect(within / worlds).toBeGreaterThan(0.95);
    }
  });
});
