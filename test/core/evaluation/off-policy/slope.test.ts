import { describe, expect, it } from "vitest";
import { type Contender, slopeChoice } from "../../../../src/core/evaluation/off-policy/slope.ts";
import { Random } from "../../../../src/simulation/random.ts";

describe("SLOPE", () => {
  it("takes the last that does not contradict any before it, be it that a later one agrees again", () => {
    const [first, second, far, same] = [
      { estimate: 1, standardError: 1 },
      { estimate: 1.5, standardError: 0.5 },
      { estimate: 20, standardError: 0.1 },
      { estimate: 1, standardError: 0 },
    ] as const;
    expect(slopeChoice<Contender>([first, second, far, same])).toBe(second);
    expect(slopeChoice<Contender>([first, second])).toBe(second);
    expect(slopeChoice([first])).toBe(first);
  });

  it("asks that all agree at one point, not each with its neighbour", () => {
    // Of three: ±2·2.394 errors. The first two meet at 1.
    const at = (estimate: number) => ({ estimate, standardError: 0.5 / (2 * 2.394) });
    expect(slopeChoice([at(0.5), at(1.4), at(2.3)])).toEqual(at(1.4));
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
        const [first, ...others] = errors.map((standardError, k) => ({
          estimate: (bias[k] ?? NaN) + standardError * random.normal(),
          standardError,
        }));
        const chosen = first === undefined ? undefined : slopeChoice([first, ...others]);
        // The paper's bound, 6 · (bias + c) at the best of them, with c the 2.576 errors of δ = 0.05 among five.
        within += Number(Math.abs(chosen?.estimate ?? NaN) <= 6 * 2.576 * best);
      }
      expect(within / worlds).toBeGreaterThan(0.95);
    }
  });
});
