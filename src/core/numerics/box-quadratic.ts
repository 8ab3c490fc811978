/**
 * The smallest value of a convex quadratic over a box:
 *
 *   min_d  g·d + ½ d·H·d    with  low ≤ d ≤ high
 *
 * Method: coordinate descent, each coordinate set to its best given the others and cut to the box; converges
 * for positive definite H (Bertsekas, "Nonlinear Programming", 3rd ed., 3.7). Meant for tens of coordinates:
 * a sweep is n² multiplications.
 */
export interface BoxQuadratic {
  readonly gradient: Float64Array;
  /** H, symmetric, by rows; its diagonal > 0. */
  readonly curvature: Float64Array;
  /** ≤ 0 and ≥ 0: the box holds the origin. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const SWEEPS_MAX = 2_000;
/** Largest movement of a sweep, in units of the box's width, that counts as none. */
const STILL = 1e-12;

/**
 * @example minimizeInBox({ gradient: [-2, 1], curvature: [1, 0, 0, 1], low: [-1, -9], high: [1, 9] }) // [1, -1]
 */
export function minimizeInBox({ gradient, curvature, low, high }: BoxQuadratic): Float64Array {
  const n = gradient.length;
  const d = new Float64Array(n);
  const slope = Float64Array.from(gradient);
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    let moved = 0;
    for (let i = 0; i < n; i++) {
      const lowest = low[i] as number;
      const highest = high[i] as number;
      const before = d[i] as number;
      const best = before - (slope[i] as number) / (curvature[i * n + i] as number);
      const after = Math.min(highest, Math.max(lowest, best));
      const step = after - before;
      if (step === 0) continue;
      d[i] = after;
      for (let j = 0; j < n; j++) slope[j] = (slope[j] as number) + step * (curvature[j * n + i] as number);
      moved = Math.max(moved, Math.abs(step) / (highest - lowest));
    }
    if (moved <= STILL) break;
  }
  return d;
}
