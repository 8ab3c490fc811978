/**
 * A positive double as four digits, the most significant first: numbers compare as their digits do, as the
 * bits of IEEE 754 doubles compare like whole numbers (radix selection needs nothing else).
 *
 * The widths are 19, 15, 15 and 14 bits (the sign is left out), so that a table by the first digit has
 * 512 Ki entries and tells numbers apart that differ by 1/256, and no other table is larger.
 */
export const DIGITS = 4;
export const FIRST_DIGIT_SIZE = 0x80000;
/** Values the later digits can have: the last one uses half of them. */
export const DIGIT_SIZE = 0x8000;

const LAST_DIGIT_SIZE = 0x4000;
const TWO_POW_32 = 0x100000000;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * Digit 0 of x > 0.
 *
 * @example firstDigitOf(1) // 0x3ff00
 */
export function firstDigitOf(x: number): number {
  double[0] = x;
  return (words[1] as number) >>> 12;
}

/** Digit `digit` (0 to 3) of x > 0. */
export function digitOf(x: number, digit: number): number {
  double[0] = x;
  const low = words[0] as number;
  const high = words[1] as number;
  if (digit === 0) return high >>> 12;
  if (digit === 1) return ((high & 0xfff) << 3) | (low >>> 29);
  if (digit === 2) return (low >>> 14) & (DIGIT_SIZE - 1);
  return low & (LAST_DIGIT_SIZE - 1);
}

/** Of the numbers that share the digits before `digit` with `x`, the smallest that has `value` in its place; `value` may be one too many. */
export function withDigit(x: number, digit: number, value: number): number {
  double[0] = x;
  const low = words[0] as number;
  const high = words[1] as number;
  // Doubles hold 53 bits, so high and low are put together from their own parts.
  if (digit === 0) return fromWords(value * 0x1000, 0);
  if (digit === 1) return fromWords((high >>> 12) * 0x1000, value * 0x20000000);
  if (digit === 2) return fromWords(high, (low >>> 29) * 0x20000000 + value * 0x4000);
  return fromWords(high, (low >>> 14) * 0x4000 + value);
}

/** The double of these words; what is too much for the low one is carried. */
function fromWords(high: number, low: number): number {
  words[1] = high + Math.floor(low / TWO_POW_32);
  words[0] = low % TWO_POW_32;
  return double[0] as number;
}
