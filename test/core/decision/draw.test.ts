import { describe, expect, it } from "vitest";
import { draw } from "../../../src/core/decision/draw.ts";

const LAST_BELOW_1 = 1 - 2 ** -53;

describe("draw", () => {
  it.each([
    ["the first action at 0", [0.2, 0.3, 0.5], 0, 0],
    ["the first action just below its edge", [0.25, 0.25, 0.5], 0.25 - 2 ** -54, 0],
    ["the next action at an edge", [0.25, 0.25, 0.5], 0.25, 1],
    ["the last action at its edge", [0.25, 0.25, 0.5], 0.5, 2],
    ["the last action at the largest draw", [0.25, 0.25, 0.5], LAST_BELOW_1, 2],
    ["never an action without mass, at the edge before it", [0.5, 0, 0.5], 0.5, 2],
    ["never a first action without mass", [0, 1], 0, 1],
    ["the last action with mass when rounding leaves a gap", [0.1, 0.2, 0.6999999999999998, 0], LAST_BELOW_1, 2],
    ["the only action", [1], LAST_BELOW_1, 0],
  ])("takes %s", (_, distribution, u, expected) => {
    expect(draw(distribution, u)).toBe(expected);
  });
});
