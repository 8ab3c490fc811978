/**
 * e^x for x ≤ 0 from additions, multiplications and divisions only, which IEEE 754 rounds the same everywhere.
 * `Math.exp` may differ in the last bit from one engine or processor to another, and a probability that is
 * recomputed from a log must not.
 *
 *   x = k·ln 2 + r, |r| ≤ ln 2 / 2;   e^x = 2^k · e^r;   e^r = 1 + r + r·c/(2 − c),
 *   c = r − r²·(P1 + r²·(P2 + …))
 *
 * Source: Sun Microsystems, fdlibm 5.3, `e_exp.c` (the method and its constants). Error below 1 unit in the last place.
 */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

const P1 = 0.16666666666666602;
const P2 = -0.0027777777777015593;
const P3 = 6.613756321437934e-5;
const P4 = -1.6533902205465252e-6;
const P5 = 4.1381367970572385e-8;

/** e^x below is less than 1e-307: nothing, and its scale would be no normal double. */
const LEAST = -707;

/**
 * e^x; 0 for x < −707.
 *
 * @param x ≤ 0, −∞ included
 * @example exponential(-1) // 0.36787944117144233
 */
export function exponential(x: number): number {
  if (x < LEAST) return 0;
  const k = Math.round(x * Math.LOG2E);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const square = r * r;
  const c = r - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))));
  return (1 - (low - (r * c) / (2 - c) - high)) * halvedTimes(-k);
}

/** 2^−n, exact, for a whole n from 0 to 1021. */
function halvedTimes(n: number): number {
  let scale = 1;
  let factor = 0.5;
  for (let rest = n; rest > 0; rest >>= 1) {
    if ((rest & 1) === 1) scale *= factor;
    factor *= factor;
  }
  return scale;
}
