import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packedBytes, packRow, unpackRow } from "../../../src/adapters/packed/packed-row.ts";
import { contractOf } from "../../contracts/feature-store.ts";

const SEED = 20261121;
const contract = { ...contractOf("churn", 2), digest: `sha256:0123456789abcdef${"0".repeat(48)}` };
const row = { userId: "u1", contract, observedAtMs: 1, values: Float32Array.of(1, -2) };
// Written by hand from IEEE 754: 1.0 is 0x3ff0…0 as float64 and 0x3f800000 as float32; -2 is 0xc0000000.
const BYTES = new Uint8Array(
  Buffer.from(["0123456789abcdef", "000000000000f03f", "0000803f", "000000c0"].join(""), "hex"),
);

describe("a packed row", () => {
  test("is digest, time and values, little-endian", () => {
    expect(packRow(row)).toEqual(BYTES);
    expect(packedBytes(contract)).toBe(BYTES.length);
  });

  test("is read at any offset of a buffer", () => {
    for (let offset = 0; offset < 9; offset++) {
      const buffer = new Uint8Array(64).fill(0xee);
      buffer.set(BYTES, offset);
      const read = unpackRow(buffer.subarray(offset, offset + BYTES.length), contract);
      expect(read).toEqual({ kind: "found", observedAtMs: 1, values: Float32Array.of(1, -2) });
    }
  });

  test("packs values that are a view into a larger buffer", () => {
    const values = Float32Array.of(9, 1, -2, 9).subarray(1, 3);
    expect(packRow({ ...row, values })).toEqual(BYTES);
  });

  test("of any other length is a mismatch", () => {
    const longer = Uint8Array.from([...BYTES, 0]);
    for (let length = 0; length < BYTES.length; length++) {
      expect(unpackRow(BYTES.subarray(0, length), contract)).toEqual({ kind: "mismatch" });
    }
    expect(unpackRow(longer, contract)).toEqual({ kind: "mismatch" });
  });

  test("with any one bit of the digest changed is a mismatch", () => {
    for (let bit = 0; bit < 64; bit++) {
      const flipped = Uint8Array.from(BYTES);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unpackRow(flipped, contract)).toEqual({ kind: "mismatch" });
    }
  });

  test("with a time that is not finite is a mismatch", () => {
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const poisoned = Uint8Array.from(BYTES);
      new DataView(poisoned.buffer).setFloat64(8, time, true);
      expect(unpackRow(poisoned, contract)).toEqual({ kind: "mismatch" });
    }
  });

  test("of random bytes is never found", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(unpackRow(bytes, contract)).toEqual({ kind: "mismatch" });
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
