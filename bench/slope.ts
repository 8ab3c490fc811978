/** The straight line through points, by least squares. */
export interface Slope {
  readonly mean: number;
  readonly risePerUnit: number;
  /** Of the rise, as if points were independent. */
  readonly standardError: number;
}

export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): Slope {
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const mean = points.reduce((sum, { y }) => sum + y, 0) / n;
  const sxx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const risePerUnit = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - mean), 0) / sxx;
  const residual = points.reduce((sum, { x, y }) => sum + (y - mean - risePerUnit * (x - meanX)) ** 2, 0);
  return { mean, risePerUnit, standardError: Math.sqrt(residual / (n - 2) / sxx) };
}
