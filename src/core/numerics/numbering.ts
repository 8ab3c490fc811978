/**
 * Numbers for keys that are hashes already: uniform in [0, 1), so that ⌊key·size⌋ is where to look for one first, and the
 * places after it next (linear probing; Knuth, The Art of Computer Programming 3, 6.4). At most half of the places are
 * taken. A `Map` takes ten times as long, and several times the memory.
 */

export class Numbering {
  readonly #keys: Float64Array;
  readonly #numbers: Int32Array;
  #count = 0;

  /** @param keysMax how many different ones there may be */
  constructor(keysMax: number) {
    const size = 2 * keysMax + 1;
    this.#keys = new Float64Array(size).fill(NaN);
    this.#numbers = new Int32Array(size);
  }

  /** Different keys so far. */
  get count(): number {
    return this.#count;
  }

  /** By when they first came, from 0; a new key's number is the count before it. */
  numberOf(key: number): number {
    const size = this.#keys.length;
    let at = Math.floor(key * size);
    for (;;) {
      const there = this.#keys[at] as number;
      if (there === key) return this.#numbers[at] as number;
      if (Number.isNaN(there)) break;
      at = at + 1 === size ? 0 : at + 1;
    }
    this.#keys[at] = key;
    this.#numbers[at] = this.#count;
    this.#count += 1;
    return this.#count - 1;
  }
}
