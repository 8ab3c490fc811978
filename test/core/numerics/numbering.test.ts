import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uniformFromHash } from "../../../src/core/numerics/murmur3.ts";
import { Numbering } from "../../../src/core/numerics/numbering.ts";

/** Few enough different ones that they come again, and close enough that they are in each other's way. */
const keys = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 5 }).map((k) => k / 6),
    fc.integer({ min: 0, max: 5 }).map((k) => 1 - 2 ** -(53 - k)),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((key) => key + 0),
  ),
  { maxLength: 60 },
);

describe("numbering", () => {
  it("numbers keys by when they first come, as a map does", () => {
    fc.assert(
      fc.property(keys, (all) => {
        const numbering = new Numbering(all.length);
        const known = new Map<number, number>();
        for (const key of all) {
          if (!known.has(key)) known.set(key, known.size);
          expect(numbering.numberOf(key)).toBe(known.get(key));
        }
        expect(numbering.count).toBe(known.size);
      }),
    );
  });

  it("holds as many hashes as it was made for", () => {
    const numbering = new Numbering(50_000);
    for (let i = 0; i < 50_000; i++) expect(numbering.numberOf(uniformFromHash(`unit-${i}`))).toBe(i);
    expect(numbering.numberOf(uniformFromHash("unit-17"))).toBe(17);
  });
});
