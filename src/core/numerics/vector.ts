/**
 * A vector as long as the given one, with `x` in every entry.
 *
 * Made as a copy, which keeps numbers packed: in what `new Array` makes, V8 checks every NaN it reads for a hole.
 */
export function sameLength(vector: readonly number[], x: number): number[] {
  const filled = vector.slice();
  for (let i = 0; i < filled.length; i++) filled[i] = x;
  return filled;
}

const vectorsOfNulls: (readonly null[])[] = [];

/** The vector of so many nulls: one for each length, which all share. */
export function nulls(length: number): readonly null[] {
  return (vectorsOfNulls[length] ??= Array.from({ length }, () => null));
}
