const MICROS_PER_UNIT = 1e6;

/**
 * An amount to the nearest millionth of the currency's unit, the smallest money there is here. What a
 * model predicts beyond that is noise, and rounding makes amounts in answers and logs short and exact.
 *
 * @example toMicros(0.23619663337039654) // 0.236197
 */
export function toMicros(amount: number): number {
  return Math.round(amount * MICROS_PER_UNIT) / MICROS_PER_UNIT;
}
