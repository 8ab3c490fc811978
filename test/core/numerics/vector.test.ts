import { expect, it } from "vitest";
import { nulls, sameLength } from "../../../src/core/numerics/vector.ts";

it("is as long as the vector it is made for, with x in every entry, and leaves that one alone", () => {
  const vector = [1, 2, 3];
  expect(sameLength(vector, NaN)).toEqual([NaN, NaN, NaN]);
  expect(sameLength([], 0)).toEqual([]);
  expect(vector).toEqual([1, 2, 3]);
});

it("has one vector of nulls for each length", () => {
  expect(nulls(0)).toEqual([]);
  expect(nulls(3)).toEqual([null, null, null]);
  expect(nulls(3)).toBe(nulls(3));
});
