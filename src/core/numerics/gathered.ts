/** Some rows of a column, or of one column of a table of rows. */

const ALONE = { width: 1, column: 0 } as const;

/** @param at rows, in the order in which they are wanted */
export function gathered(
  table: Float64Array | Float32Array,
  at: Int32Array,
  { width, column }: { readonly width: number; readonly column: number } = ALONE,
): Float64Array {
  const found = new Float64Array(at.length);
  for (let i = 0; i < found.length; i++) found[i] = table[(at[i] as number) * width + column] as number;
  return found;
}
