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
  for (let i = 0; i < distribution.length; i++) {
    cumulative += distribution[i] as number;
    if (u < cumulative) return i;
  }
  return lastWithMass(distribution);
}

function lastWithMass(distribution: readonly number[]): number {
  let last = distribution.length - 1;
  while (last > 0 && (distribution[last] as number) <= 0) last -= 1;
  return last;
}
