/** Numbers as people read them. */
import { describe, expect, it } from "vitest";
import { decimalsOf, fixed, percent, plain } from "../../src/report/figures.ts";

describe("figures", () => {
  it("have two significant digits of half their interval", () => {
    expect(decimalsOf({ low: 0.0086, high: 0.0342 })).toBe(3);
    expect(decimalsOf({ low: 120, high: 180 })).toBe(0);
    expect(decimalsOf({ low: 1, high: 1 })).toBe(4);
  });

  it("are grouped by thousands and have a real minus", () => {
    expect(fixed(-1234.5678, 2)).toBe("−1,234.57");
    expect(fixed(-0.0001, 2)).toBe("0.00");
    expect(percent(0.742)).toBe("74.2 %");
  });

  it("have four significant digits where no interval says how many", () => {
    expect(plain(0.00091234)).toBe("0.0009123");
    expect(plain(0.0000123456)).toBe("1.235e−5");
    expect(plain(31402)).toBe("31,400");
  });
});
