export const MICROS_PER_UNIT = 1e6;

/**
 * An amount in whole micros, the nearest; exact for amounts below 4 billion units.
 *
 * @example wholeMicros(0.1 + 0.2) // 300_000
 */
export function wholeMicros(amount: number): number {
  return Math.round(amount * MICROS_PER_UNIT);
}

/**
 * An amount to the nearest millionth of the currency's unit, the smallest money there is here. What a
 * model predicts beyond that is noise, and rounding makes amounts in answers and logs short and exact.
 *
 * @example toMicros(0.23619663337039654) // 0.236197
 */
export function toMicros(amount: number): number {
  const micros = amount * MICROS_PER_UNIT;
  const above = Math.ceil(micros);
  // Math.round bit for bit, −0 included, without its branch: up or down is chance, and mispredicted.
  return (above - Number(above - 0.5 > micros)) / MICROS_PER_UNIT;
}
