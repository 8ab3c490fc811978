import { describe, expect, it } from "vitest";
import { murmur3x86x128, uniformFromHash } from "../../../src/core/numerics/murmur3.ts";

/** From Python's mmh3 5 (`struct.unpack("<4I", mmh3.hash_bytes(text, 0, x64arch=False))`), the reference C++. */
const REFERENCE: readonly (readonly [string, readonly number[]])[] = [
  ["", [0, 0, 0, 0]],
  ["a", [2811532092, 1431744539, 1431744539, 1431744539]],
  ["abc", [1976420049, 2729445029, 2729445029, 2729445029]],
  ["hello, world", [2334220380, 3115944478, 2468821635, 3948500935]],
  ["The quick brown fox jumps over the lazy dog", [789939139, 3975031911, 1568405100, 3857259820]],
  ["holdout-2026|hillstrom-email|u42", [2951720611, 308760016, 2017044179, 2389515562]],
  ["0123456789abcdef", [4219290633, 917426954, 1219304859, 1462451197]],
  ["0123456789abcdef0", [529152085, 1620184070, 3038261020, 1905003420]],
];

describe("murmur3", () => {
  it.each(REFERENCE)("hashes %j as the reference implementation does", (text, words) => {
    expect(murmur3x86x128(text)).toEqual(words);
  });

  it("makes the uniform of the top 53 bits of the first two words", () => {
    for (const [text, [h1 = 0, h2 = 0]] of REFERENCE) {
      const bits = ((BigInt(h1) << 32n) | BigInt(h2)) >> 11n;
      expect(uniformFromHash(text)).toBe(Number(bits) / 2 ** 53);
    }
  });
});
