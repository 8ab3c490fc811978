/**
 * Walks the cumulative distribution in the program's action order and returns the first action whose
 * cumulative probability exceeds `u`. The last action with mass absorbs rounding, so an action
 * without mass is never drawn, whatever the rounding.
 *
 * @param u uniform in [0, 1)
 * @example draw([0.2, 0, 0.8], 0.2) // 2
 */
export function draw(distribution: readonly number[], u: number): number {
  let cumulative = 0;
  let last = 0;
  for (let i = 0; i < distribution.length; i++) {
    const p = distribution[i] as number;
    if (p <= 0) continue;
    cumulative += p;
    last = i;
    if (u < cumulative) return i;
  }
  return last;
}
