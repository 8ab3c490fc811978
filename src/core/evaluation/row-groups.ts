/**
 * Means of rows that come in groups, such as the rows of a unit: groups are independent of each other, the rows of one
 * need not be.
 */

export interface RowGroups {
  /** How many rows each has. */
  readonly rowsOfEach: Float64Array;
  /** Sums of a column over the rows of each. */
  sumsOf(column: Float64Array): Float64Array;
}

/** An estimate, and its influence function: how much each group moves it. */
export interface GroupedEstimate {
  readonly estimate: number;
  /** [groups], summed over the rows of each; all together 0. */
  readonly influence: Float64Array;
}

/** @param sums of a column over the rows of each group */
export function meanOver(sums: Float64Array, rowsOfEach: Float64Array): GroupedEstimate {
  const estimate = total(sums) / total(rowsOfEach);
  return { estimate, influence: sums.map((sum, g) => sum - estimate * (rowsOfEach[g] as number)) };
}

/** √(Σ_g (Σ_{i in g} φ_i)²)/n, for an influence function φ. */
export function errorOf(influence: Float64Array, rows: number): number {
  return Math.sqrt(influence.reduce((squares, moved) => squares + moved * moved, 0)) / rows;
}

export function total(sums: Float64Array): number {
  return sums.reduce((all, sum) => all + sum, 0);
}
