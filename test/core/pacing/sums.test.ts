import { describe, expect, it } from "vitest";
import { added, sumOf } from "../../../src/core/pacing/sums.ts";

describe("sums", () => {
  it("add by name; a name that is not there is 0", () => {
    expect(added({ a: 1, b: 2 }, { b: 3, c: 4 })).toEqual({ a: 1, b: 5, c: 4 });
    expect([sumOf({ a: 1 }, "a"), sumOf({ a: 1 }, "b")]).toEqual([1, 0]);
  });

  it("leave what is added as it was", () => {
    const sums = { a: 1 };
    added(sums, { a: 2 });
    expect(sums).toEqual({ a: 1 });
  });
});
