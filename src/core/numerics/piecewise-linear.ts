/**
 * The piecewise linear function through (x_i, y_i), constant outside [x_0, x_last]: how an isotonic
 * regression predicts (scikit-learn's `IsotonicRegression(out_of_bounds="clip")`).
 *
 * `x` strictly ascending, same length as `y`, at least one point; NaN in, NaN out.
 *
 * @example piecewiseLinear([0, 1], [0, 10], 0.25) // 2.5
 */
export function piecewiseLinear(x: readonly number[], y: readonly number[], at: number): number {
  if (Number.isNaN(at)) return NaN;
  let low = 0;
  let high = x.length - 1;
  const first = x[0] as number;
  const last = x[high] as number;
  if (at <= first) return y[0] as number;
  if (at >= last) return y[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((x[middle] as number) <= at) low = middle;
    else high = middle;
  }
  const x0 = x[low] as number;
  const y0 = y[low] as number;
  return y0 + ((at - x0) / ((x[high] as number) - x0)) * ((y[high] as number) - y0);
}
