import fc from "fast-check";
import { expect, it } from "vitest";
import { UnderWay } from "../../../src/service/answers/under-way.ts";

/** Few buckets among few keys: most chains have several links. */
const hashOf = (key: number) => (key % 3) + 1_024 * key;

it("holds what a Map would, whatever comes and goes in whichever order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 11 }), { maxLength: 200 }), (toggled) => {
      const underWay = new UnderWay<object>();
      const model = new Map<number, object>();
      for (const key of toggled) {
        if (model.delete(key)) underWay.delete(String(key), hashOf(key));
        else {
          const value = { key };
          model.set(key, value);
          underWay.add(String(key), hashOf(key), value);
        }
        for (let k = 0; k < 12; k++) expect(underWay.get(String(k), hashOf(k))).toBe(model.get(k));
      }
    }),
    { numRuns: 300, seed: 20_261_125 },
  );
});

it("to delete what is not there changes nothing", () => {
  const underWay = new UnderWay<string>();
  underWay.delete("a", 0);
  underWay.add("b", 0, "value");
  underWay.delete("a", 0);
  expect(underWay.get("b", 0)).toBe("value");
});
