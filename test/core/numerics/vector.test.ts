import { expect, it } from "vitest";
import { nulls } from "../../../src/core/numerics/vector.ts";

it("has one vector of nulls for each length", () => {
  expect(nulls(0)).toEqual([]);
  expect(nulls(3)).toEqual([null, null, null]);
  expect(nulls(3)).toBe(nulls(3));
});
