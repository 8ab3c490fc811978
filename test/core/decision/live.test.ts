import { expect, it } from "vitest";
import { liveActions } from "../../../src/core/decision/live.ts";

it("leaves no_offer and what is neither excluded nor pruned, in the program's order", () => {
  expect(liveActions([null, null, null], [null, null, null])).toEqual([0, 1, 2]);
  expect(liveActions([null, "paused", null, null], [null, null, "no_value", null])).toEqual([0, 3]);
  expect(liveActions([null, "ineligible"], [null, null])).toEqual([0]);
});
