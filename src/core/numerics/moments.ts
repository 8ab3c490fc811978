/**
 * Mean and sample standard deviation (ddof 1) in two passes: exact enough for the tens of
 * bootstrap replicates it serves, and the same bits on every platform because the order is fixed.
 */
export interface Moments {
  readonly mean: number;
  /** 0 for fewer than two values. */
  readonly std: number;
}

/**
 * @example moments([1, 2, 3]) // { mean: 2, std: 1 }
 */
export function moments(values: ArrayLike<number>): Moments {
  const mean = meanOf(values);
  if (values.length < 2) return { mean, std: 0 };
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const gap = (values[i] as number) - mean;
    squares += gap * gap;
  }
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}

/** The arithmetic mean of `count` values from `first` on; NaN for no values and beyond the last. */
export function meanOf(values: ArrayLike<number>, first = 0, count = values.length): number {
  let sum = 0;
  for (let i = first; i < first + count; i++) sum += values[i] ?? NaN;
  return sum / count;
}
