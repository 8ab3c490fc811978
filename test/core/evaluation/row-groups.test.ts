import { describe, expect, it } from "vitest";
import { errorOf, meanOver, total } from "../../../src/core/evaluation/row-groups.ts";

/** Three groups, of 2, 1 and 3 rows. */
const ROWS_OF_EACH = Float64Array.of(2, 1, 3);
const SUMS = Float64Array.of(5, -1, 8);

describe("a mean of rows in groups", () => {
  it("is that of the rows, and the groups move it by nothing together", () => {
    const { estimate, influence } = meanOver(SUMS, ROWS_OF_EACH);
    expect(estimate).toBe(2);
    expect([...influence]).toEqual([1, -3, 2]);
    expect(total(influence)).toBe(0);
  });

  it("errs as groups do that are independent: the root of their squares over the rows", () => {
    const { influence } = meanOver(SUMS, ROWS_OF_EACH);
    expect(errorOf(influence, 6)).toBeCloseTo(Math.sqrt(1 + 9 + 4) / 6, 15);
  });
});
