import { expect, test } from "vitest";
import { outlookOf } from "../../../src/core/pacing/outlook.ts";

const half = { amountMicros: 1_000, usedMicros: 200, arrivals: 50, toCome: 50 };

test.each([
  ["half of the arrivals have come, less than half is spent", half, 500, 400],
  ["more is spent than the pace allows: the end is the amount", { ...half, usedMicros: 800 }, 500, 1_000],
  ["nothing has come", { ...half, usedMicros: 0, arrivals: 0 }, 0, 0],
  ["nothing more will come", { ...half, toCome: 0 }, 1_000, 200],
  ["nothing is known of what will come", { ...half, toCome: Infinity }, 0, 1_000],
  ["nothing is known, and nothing was spent", { ...half, usedMicros: 0, toCome: Infinity }, 0, 0],
])("%s", (_, progress, plannedMicros, forecastMicros) => {
  expect(outlookOf(progress)).toEqual({ plannedMicros, forecastMicros });
});
