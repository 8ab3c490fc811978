/**
 * Intervals of a mean of n independent rows at level 1 − α.
 *
 *   normal      x̄ ± z_{1−α/2}·s/√n
 *   student_t   x̄ ± t_{n−1, 1−α/2}·s/√n
 *   hoeffding   x̄ − R·√(ln(1/α)/(2n)), one-sided                        Hoeffding, JASA 58, 1963
 *   bernstein   x̄ ± (7·R·ln(2/δ)/(3(n−1)) + √(2·v·ln(2/δ)/(n−1)))       Maurer & Pontil, COLT 2009, Theorem 4, with δ = α/2
 *                                                                        a side; v = Σ(x − x̄)²/n, R bounds |x|
 *   anytime     x̄ ± s·√(2(nρ²+1)/(n²ρ²)·ln(√(nρ²+1)/α))                 asymptotic confidence sequence: valid at every n at
 *                                                                        once (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas,
 *                                                                        Annals of Statistics 52, 2024, Theorem 2.2)
 *
 * s has n − 1 below; zr-obp divides v by n − 1, which is the same. ρ is fixed before any row is seen, and makes the
 * sequence narrowest around 10,000 rows. Rows of one unit are not independent: then n counts units, and v is what makes
 * √(v/n) the error of the mean by units.
 *
 * Where R is the largest reward that was seen, and not one that is declared, bernstein is no guarantee: of rewards that
 * are rare and large it may know none.
 */
import { normalQuantile } from "../../numerics/normal-quantile.ts";
import { studentTQuantile } from "../../numerics/student-t-quantile.ts";
import type { IntervalName, Range } from "../evaluation.ts";

const ROWS_MEANT = 10_000;
/** Beyond it t and the normal distribution agree to six digits. */
const STUDENT_ROWS_MAX = 1_000_000;

export interface RowMoments {
  readonly rows: number;
  readonly mean: number;
  /** Σ(x − x̄)²/n. */
  readonly variance: number;
}

export function rowMoments(x: Float64Array): RowMoments {
  const mean = x.reduce((sum, one) => sum + one, 0) / x.length;
  return { rows: x.length, mean, variance: x.reduce((sum, one) => sum + (one - mean) ** 2, 0) / x.length };
}

/** @param bound R: no row is further from 0 */
export function intervalsOf(
  moments: RowMoments,
  { level, bound }: { readonly level: number; readonly bound: number },
): Readonly<Record<Exclude<IntervalName, "bootstrap">, Range>> {
  const { rows, mean, variance } = moments;
  const alpha = 1 - level;
  const error = Math.sqrt(variance / Math.max(1, rows - 1));
  const around = (half: number): Range => ({ low: mean - half, high: mean + half });
  return {
    normal: around(normalQuantile(1 - alpha / 2) * error),
    student_t: around(studentT(1 - alpha / 2, rows) * error),
    bernstein: around(bernsteinHalf(moments, { bound, delta: alpha / 2 })),
    anytime: around(anytimeHalf(moments, alpha)),
  };
}

/** x̄ is above it but for a chance of δ. */
export function hoeffdingLow({ rows, mean }: RowMoments, { bound, delta }: Bounded): number {
  return mean - bound * Math.sqrt(Math.log(1 / delta) / (2 * rows));
}

/** x̄ is above it but for a chance of δ. */
export function bernsteinLow(moments: RowMoments, bounded: Bounded): number {
  return moments.mean - bernsteinHalf(moments, bounded);
}

/** x̄ is above it but for a chance of δ, if rows are as good as normal. */
export function studentTLow({ rows, mean, variance }: RowMoments, delta: number): number {
  return mean - studentT(1 - delta, rows) * Math.sqrt(variance / (rows - 1));
}

export interface Bounded {
  readonly bound: number;
  readonly delta: number;
}

function bernsteinHalf({ rows, variance }: RowMoments, { bound, delta }: Bounded): number {
  const confidence = Math.log(2 / delta);
  const others = Math.max(1, rows - 1);
  return (7 * bound * confidence) / (3 * others) + Math.sqrt((2 * variance * confidence) / others);
}

function anytimeHalf({ rows, variance }: RowMoments, alpha: number): number {
  const spread = Math.sqrt((variance * rows) / Math.max(1, rows - 1));
  const twice = -2 * Math.log(alpha);
  const rhoSquared = (twice + Math.log(twice) + 1) / ROWS_MEANT;
  const scaled = rows * rhoSquared + 1;
  return spread * Math.sqrt(((2 * scaled) / (rows * rows * rhoSquared)) * Math.log(Math.sqrt(scaled) / alpha));
}

function studentT(p: number, rows: number): number {
  return rows < 2 || rows > STUDENT_ROWS_MAX ? normalQuantile(p) : studentTQuantile(p, rows - 1);
}
