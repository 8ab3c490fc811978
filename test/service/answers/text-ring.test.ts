import fc from "fast-check";
import { expect, it } from "vitest";
import { TextRing } from "../../../src/service/answers/text-ring.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
/** Few, so that many keys share one. */
const hashOf = (key: string) => key.length % 3;

it("holds exactly the newest entries that fit, whatever their sizes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.tuple(text, text), { maxLength: 60 }),
      (capacity, entries) => {
        const ring = new TextRing(capacity);
        const kept = entries.map(([fingerprint, answer], i) => ({ key: `k${i}`, fingerprint, answer }));
        for (const { key, fingerprint, answer } of kept) ring.set(key, hashOf(key), { fingerprint, answer });
        const held = kept.map(({ key }) => ring.get(key, hashOf(key)));
        kept.forEach(({ fingerprint, answer }, i) => {
          if (held[i] !== undefined) expect(held[i]).toEqual({ fingerprint, answer });
        });
        // Of the entries that fit at all, those held are the newest without a gap, and the last one is held.
        const fitting = kept.flatMap(({ fingerprint, answer }, i) =>
          Buffer.byteLength(`k${i}${fingerprint}${answer}`) <= capacity ? [held[i] !== undefined] : [],
        );
        if (fitting.length > 0) expect(fitting.at(-1)).toBe(true);
        expect(fitting.toSorted((a, b) => Number(a) - Number(b))).toEqual(fitting);
      },
    ),
    { numRuns: 2_000, seed: 20_261_122 },
  );
});

it("knows nothing of a key it never held", () => {
  expect(new TextRing(10).get("k", 0)).toBeUndefined();
});

it("holds 65,536 entries at most", () => {
  const ring = new TextRing(1_000_000);
  const fingerprint = "b";
  for (let i = 0; i <= 65_536; i++) ring.set(String(i), i, { fingerprint, answer: "a" });
  expect(ring.get("0", 0)).toBeUndefined();
  expect(ring.get("1", 1)).toEqual({ fingerprint, answer: "a" });
});
