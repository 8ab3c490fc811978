const vectorsOfNulls: (readonly null[])[] = [];

/** The vector of so many nulls: one for each length, which all share. */
export function nulls(length: number): readonly null[] {
  return (vectorsOfNulls[length] ??= Array.from({ length }, () => null));
}
