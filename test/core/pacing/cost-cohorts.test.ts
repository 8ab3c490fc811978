import { describe, expect, it } from "vitest";
import {
  agesWithin,
  allOf,
  type CohortName,
  cohortsIn,
  offerSums,
  redemptionSums,
  voidSums,
} from "../../../src/core/pacing/cost-cohorts.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const noon: CohortName = { program: "spring", action: "mail", decidedAtMs: 100.5 * DAY };
const lastMs: CohortName = { ...noon, decidedAtMs: 101 * DAY - 1 };
const OFFER = { offers: 1, predictedMicros: 500_000, fixedMicros: 20_000 };

describe("cohorts", () => {
  it("are the offers of a program and action of one day, whoever counted them, as old as the last may be", () => {
    const sums = allOf([
      offerSums(noon, OFFER),
      offerSums(lastMs, OFFER),
      offerSums({ ...noon, decidedAtMs: 101 * DAY }, OFFER),
      offerSums({ ...noon, action: "call" }, OFFER),
      offerSums({ ...noon, program: "autumn" }, OFFER),
    ]);
    const cohorts = cohortsIn(sums);
    expect([...cohorts.keys()].toSorted()).toEqual(["autumn", "spring"]);
    expect(cohorts.get("spring")?.map(({ action, offers, decidedAtMs }) => [action, offers, decidedAtMs])).toEqual([
      ["mail", 2, 101 * DAY],
      ["mail", 1, 102 * DAY],
      ["call", 1, 101 * DAY],
    ]);
    expect(cohorts.get("spring")?.[0]).toMatchObject({
      predictedMicros: 1_000_000,
      fixedMicros: 40_000,
      redemptions: 0,
    });
  });

  it("realize the fixed part at once, and redemptions at the age at which they were told", () => {
    const sums = allOf([
      offerSums(noon, OFFER),
      redemptionSums(noon, -1, 1),
      redemptionSums(noon, HOUR - 1, 10),
      redemptionSums(noon, HOUR, 100),
      redemptionSums(noon, 3 * DAY, 1_000),
      redemptionSums(noon, 60 * DAY - 1, 10_000),
      redemptionSums(noon, 60 * DAY, 1e9),
    ]);
    const [cohort] = cohortsIn(sums).get("spring") ?? [];
    expect(cohort?.redemptions).toBe(5);
    // Hours 0–1, 1–2, 2–4, 4–8, 8–16, 16–24; days to 1.5, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60.
    expect(cohort?.realizedMicros).toEqual([20_011, 100, 0, 0, 0, 0, 0, 0, 0, 1_000, 0, 0, 0, 0, 0, 0, 0, 10_000]);
  });

  it("owe nothing for what was never sent, and not less than nothing", () => {
    const realized = (...voids: readonly object[]) => {
      const sums = allOf([offerSums(noon, OFFER), ...voids.map(() => voidSums(noon, 20_000))]);
      return cohortsIn(sums).get("spring")?.[0]?.realizedMicros[0];
    };
    expect([realized(), realized({}), realized({}, {})]).toEqual([20_000, 0, 0]);
  });

  it("have bins up to the first edge at which an offer's life is over", () => {
    expect(agesWithin(25 * HOUR)).toEqual([0, 1, 2, 4, 8, 16, 24, 36].map((hours) => hours * HOUR));
    expect(agesWithin(4 * HOUR)).toEqual([0, 1, 2, 4].map((hours) => hours * HOUR));
    expect(agesWithin(0)).toEqual([0, HOUR]);
    expect(agesWithin(400 * DAY).at(-1)).toBe(60 * DAY);
  });
});
