import { expect, test } from "vitest";
import { shadowFaults } from "../../src/service/check-shadows.ts";
import { programWith } from "../support/programs.ts";

const incumbent = programWith({ id: "spring" });
const shadow = programWith({ id: "candidate", state: "shadow", shadows: "spring" });
const all = new Map([incumbent, shadow].map((program) => [program.id, program]));

test("a shadow fits a loaded program that is none itself, and a program without one fits any", () => {
  expect(shadowFaults(shadow, all)).toEqual([]);
  expect(shadowFaults(incumbent, new Map())).toEqual([]);
});

test("a shadow of what is not there, or of another shadow, is refused", () => {
  expect(shadowFaults({ ...shadow, shadows: "autumn" }, all)).toEqual([
    { path: "shadows", rule: "autumn is not a loaded program" },
  ]);
  expect(shadowFaults({ ...shadow, shadows: "candidate" }, all)).toEqual([
    { path: "shadows", rule: "candidate is a shadow itself: name the program that it shadows" },
  ]);
});

test("a shadow counts in the incumbent's currency and randomizes what it randomizes", () => {
  expect(shadowFaults({ ...shadow, currency: "EUR", randomizationUnit: "cluster" }, all)).toEqual([
    { path: "currency", rule: "must be USD, as in spring: or they cannot be compared" },
    { path: "randomizationUnit", rule: "must be user, as in spring: requests name the unit it needs" },
  ]);
});
