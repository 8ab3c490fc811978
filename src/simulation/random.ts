/**
 * Seeded random numbers: the same seed and stream give the same numbers on every machine. Streams are independent,
 * so that a change to one part of a world leaves the others as they were.
 *
 * xoshiro128** 1.1 (Blackman & Vigna 2018, public domain), seeded with a hash of seed and stream.
 */
import { murmur3x86x128 } from "../core/numerics/murmur3.ts";
import { normalQuantile } from "../core/numerics/normal-quantile.ts";

const TWO_POW_32 = 0x100000000;

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, stream: string) {
    [this.#a, this.#b, this.#c, this.#d] = murmur3x86x128(`${stream}|${seed}`);
  }

  /** In (0, 1), of 2^32 equally likely values. */
  uniform(): number {
    return (this.#next() + 0.5) / TWO_POW_32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number from `low` (included) to `high` (excluded). */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high));
  }

  /** Standard normal. */
  normal(): number {
    return normalQuantile(this.uniform());
  }

  #next(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return result;
  }
}

function rotated(x: number, turns: number): number {
  return (x << turns) | (x >>> (32 - turns));
}
