import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minimizeInBox } from "../../../src/core/numerics/box-quadratic.ts";

const N = 4;
const coordinate = fc.double({ min: -2, max: 2, noNaN: true });
const vector = fc.array(coordinate, { minLength: N, maxLength: N });
const width = fc.array(fc.double({ min: 0.01, max: 3, noNaN: true }), { minLength: N, maxLength: N });

/** A·Aᵀ + I/10: positive definite. */
function definite(rows: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from({ length: N * N }, (_, at) => {
    const [i, j] = [Math.floor(at / N), at % N];
    const product = (rows[i] ?? []).reduce((sum, x, k) => sum + x * (rows[j]?.[k] ?? NaN), 0);
    return product + (i === j ? 0.1 : 0);
  });
}

describe("the minimum of a quadratic in a box", () => {
  it("is cut to the box, by hand", () => {
    const found = minimizeInBox({
      gradient: Float64Array.of(-2, 1),
      curvature: Float64Array.of(1, 0, 0, 1),
      low: Float64Array.of(-1, -9),
      high: Float64Array.of(1, 9),
    });
    expect([...found]).toEqual([1, -1]);
  });

  it("has no slope inside, and slopes outwards at the edges (Karush, Kuhn and Tucker)", () => {
    fc.assert(
      fc.property(
        fc.array(vector, { minLength: N, maxLength: N }),
        vector,
        width,
        width,
        (rows, gradient, lows, highs) => {
          const curvature = definite(rows);
          const low = Float64Array.from(lows, (x) => -x);
          const high = Float64Array.from(highs);
          const d = minimizeInBox({ gradient: Float64Array.from(gradient), curvature, low, high });
          for (let i = 0; i < N; i++) {
            const slope = d.reduce((sum, x, j) => sum + x * (curvature[i * N + j] ?? NaN), gradient[i] ?? NaN);
            const [x, least, most] = [d[i] ?? NaN, low[i] ?? NaN, high[i] ?? NaN];
            expect(x).toBeGreaterThanOrEqual(least);
            expect(x).toBeLessThanOrEqual(most);
            if (x > least) expect(slope).toBeLessThan(1e-8);
            if (x < most) expect(slope).toBeGreaterThan(-1e-8);
          }
        },
      ),
    );
  });
});
