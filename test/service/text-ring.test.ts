import fc from "fast-check";
import { expect, it } from "vitest";
import { TextRing } from "../../src/service/text-ring.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 40 });
/** Few, so that many keys share one. */
const hashOf = (key: string) => key.length % 3;

it("holds exactly the newest entries that fit, whatever their sizes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.tuple(bytes, text), { maxLength: 60 }),
      (capacity, entries) => {
        const ring = new TextRing(capacity);
        const kept = entries.map(([body, answer], i) => ({ key: `k${i}`, body, answer }));
        for (const { key, body, answer } of kept) ring.set(key, hashOf(key), { body, answer });
        const held = kept.map(({ key }) => ring.get(key, hashOf(key)));
        kept.forEach(({ body, answer }, i) => {
          if (held[i] !== undefined) expect(held[i]).toEqual({ body, answer });
        });
        // Of the entries that fit at all, those held are the newest without a gap, and the last one is held.
        const fitting = kept.flatMap(({ body, answer }, i) =>
          Buffer.byteLength(`k${i}${answer}`) + body.length <= capacity ? [held[i] !== undefined] : [],
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
  const body = Uint8Array.of(98);
  for (let i = 0; i <= 65_536; i++) ring.set(String(i), i, { body, answer: "a" });
  expect(ring.get("0", 0)).toBeUndefined();
  expect(ring.get("1", 1)).toEqual({ body, answer: "a" });
});
