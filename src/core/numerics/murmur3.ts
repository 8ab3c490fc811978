/**
 * MurmurHash3 x86 128-bit, and the uniform draw made of its top 53 bits.
 *
 * Source: Austin Appleby, SMHasher, `MurmurHash3_x86_128` (public domain), seed 0. The input is the
 * string's bytes where every character is in 0..255 (ids and salts are ASCII by contract), so the
 * result is the reference hash of the ASCII encoding. Not cryptographic: it decides luck, not access.
 */
const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;
const TWO_POW_21 = 0x200000;
const TWO_POW_53 = 0x20000000000000;

/**
 * A uniform number in [0, 1): the top 53 bits of the hash of `text`, each double k/2^53 equally likely.
 *
 * @example uniformFromHash("") // 0
 */
export function uniformFromHash(text: string): number {
  const [h1, h2] = murmur3x86x128(text);
  return (h1 * TWO_POW_21 + (h2 >>> 11)) / TWO_POW_53;
}

/**
 * The hash of `text` as 32 hexadecimal digits.
 *
 * @example murmur3Hex("") // "00000000000000000000000000000000"
 */
export function murmur3Hex(text: string): string {
  let digits = "";
  for (const bits of murmur3x86x128(text)) digits += bits.toString(16).padStart(8, "0");
  return digits;
}

/** The four 32-bit words (unsigned) of MurmurHash3_x86_128 of `text` with seed 0. */
export function murmur3x86x128(text: string): readonly [number, number, number, number] {
  const length = text.length;
  const tail = length & ~15;
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  for (let i = 0; i < tail; i += 16) {
    h1 = (Math.imul(rotate(h1 ^ scramble(block(text, i), C1, 15, C2), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotate(h2 ^ scramble(block(text, i + 4), C2, 16, C3), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotate(h3 ^ scramble(block(text, i + 8), C3, 17, C4), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotate(h4 ^ scramble(block(text, i + 12), C4, 18, C1), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  h4 ^= scramble(word(text, tail + 12), C4, 18, C1);
  h3 ^= scramble(word(text, tail + 8), C3, 17, C4);
  h2 ^= scramble(word(text, tail + 4), C2, 16, C3);
  h1 ^= scramble(word(text, tail), C1, 15, C2);
  return finish(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length);
}

/** Four bytes, little-endian, all of them in the text. */
function block(text: string, at: number): number {
  return (
    text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}

/** Four bytes, little-endian; bytes past the end are 0, which is how the reference hashes its tail. */
function word(text: string, at: number): number {
  return byte(text, at) | (byte(text, at + 1) << 8) | (byte(text, at + 2) << 16) | (byte(text, at + 3) << 24);
}

function byte(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

function scramble(k: number, first: number, turns: number, second: number): number {
  return Math.imul(rotate(Math.imul(k, first), turns), second);
}

function rotate(x: number, turns: number): number {
  return (x << turns) | (x >>> (32 - turns));
}

function finish(a: number, b: number, c: number, d: number): readonly [number, number, number, number] {
  let h1 = (a + b + c + d) | 0;
  let h2 = (b + h1) | 0;
  let h3 = (c + h1) | 0;
  let h4 = (d + h1) | 0;
  h1 = avalanche(h1);
  h2 = avalanche(h2);
  h3 = avalanche(h3);
  h4 = avalanche(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  return [h1 >>> 0, h2 >>> 0, h3 >>> 0, h4 >>> 0];
}

function avalanche(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
