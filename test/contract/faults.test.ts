import { expect, test } from "vitest";
import { z } from "zod";
import { faultsOf } from "../../src/contract/faults.ts";

const Shape = z.strictObject({ list: z.array(z.strictObject({ amount: z.number() })) });

test("a path names fields with dots and list positions with brackets", () => {
  const { error } = Shape.safeParse({ list: [{ amount: 1 }, { amount: "2" }] });
  expect(error && faultsOf(error)).toEqual([
    { path: "list[1].amount", rule: "Invalid input: expected number, received string" },
  ]);
});

test("every unknown field is a fault of its own", () => {
  const { error } = Shape.safeParse({ list: [{ amount: 1, extra: 2, more: 3 }], other: 4 });
  expect((error ? faultsOf(error) : []).map(({ path }) => path)).toEqual(["list[0].extra", "list[0].more", "other"]);
});
