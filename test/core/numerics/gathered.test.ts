import { expect, it } from "vitest";
import { gathered } from "../../../src/core/numerics/gathered.ts";

it("takes rows of a column in the order they are wanted, as often as they are", () => {
  expect([...gathered(Float64Array.of(5, 6, 7), Int32Array.of(2, 0, 2))]).toEqual([7, 5, 7]);
});

it("takes one column of a table", () => {
  const table = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect([...gathered(table, Int32Array.of(1, 0), { width: 3, column: 2 })]).toEqual([6, 3]);
});
