import { expect, it } from "vitest";
import { sameLength } from "../../../src/core/numerics/vector.ts";

it("is as long as the vector it is made for, with x in every entry, and leaves that one alone", () => {
  const vector = [1, 2, 3];
  expect(sameLength(vector, NaN)).toEqual([NaN, NaN, NaN]);
  expect(sameLength([], 0)).toEqual([]);
  expect(vector).toEqual([1, 2, 3]);
});
