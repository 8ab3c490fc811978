import { describe, expect, it } from "vitest";
import { chargeMicros } from "../../../src/core/decision/charge.ts";
import type { Funding } from "../../../src/core/domain/funding.ts";
import { actionsNamed, programWith, scoresOf, situationWith, UNPACED } from "../../support/programs.ts";

const actions = actionsNamed("mens_email", "womens_email").map((action, i) =>
  i === 1 ? { ...action, maxCost: 2 } : action,
);

function charges(funding: Funding | null, inPeriod: readonly number[] | null = null): readonly number[] {
  const scores = scoresOf([
    [1, 0, 0.123457],
    [1, 0, -0.05],
  ]);
  const situation = situationWith(programWith({ funding, actions }), { scores, pacing: { ...UNPACED, inPeriod } });
  return actions.map((_, i) => chargeMicros(situation, i));
}

describe("what is held for an offer", () => {
  it("is its face value where the most is held", () => {
    expect(charges({ pool: "p", reserve: "max", terms: null })).toEqual([0, 2_000_000, Infinity]);
  });

  it("is the cost expected in this period where that is held, never less than nothing", () => {
    expect(charges({ pool: "p", reserve: "expected", terms: null })).toEqual([0, 123_457, 0]);
    expect(charges({ pool: "p", reserve: "expected", terms: null }, [1, 0.5, 1])).toEqual([0, 61_729, 0]);
  });

  it("is at least what is owed whatever the user does", () => {
    const sent = actions.map((action, i) => (i === 2 ? { ...action, fixedCost: 0.01 } : action));
    const program = programWith({ funding: { pool: "p", reserve: "expected", terms: null }, actions: sent });
    const scores = scoresOf([
      [1, 0, 0.123457],
      [1, 0, -0.05],
    ]);
    expect(chargeMicros(situationWith(program, { scores }), 2)).toBe(10_000);
  });

  it("is its face value where nothing is predicted", () => {
    const scores = scoresOf([
      [NaN, NaN, NaN],
      [NaN, NaN, NaN],
    ]);
    const situation = situationWith(
      programWith({ funding: { pool: "p", reserve: "expected", terms: null }, actions }),
      { scores },
    );
    expect(actions.map((_, i) => chargeMicros(situation, i))).toEqual([0, 2_000_000, Infinity]);
  });

  it("is nothing where there is no budget", () => {
    expect(charges(null)).toEqual([0, 0, 0]);
  });
});
