/** Each strategy against its closed form, worked out by hand. */
import { describe, expect, it } from "vitest";
import { explore } from "../../../src/core/decision/explore.ts";
import type { Exploration } from "../../../src/core/domain/program.ts";
import { actionsNamed, programWith } from "../../support/programs.ts";

const actions = actionsNamed("a", "b", "c");
const salt = "draw";

/** The net of an action that is not live. */
const DEAD = -Infinity;

function probabilities(exploration: Exploration, net: readonly number[]): readonly number[] {
  return explore(programWith({ actions, exploration }), net);
}

describe("greedy", () => {
  const greedy = { strategy: "greedy", floor: 0, salt } as const;

  it("takes the best, ties by id, never what is not live", () => {
    expect(probabilities(greedy, [0, 0.1, 0.3, 0.2])).toEqual([0, 0, 1, 0]);
    expect(probabilities(greedy, [0, 0.3, 0.3, 0.2])).toEqual([0, 1, 0, 0]);
    expect(probabilities(greedy, [0, DEAD, DEAD, 0.2])).toEqual([0, 0, 0, 1]);
    expect(probabilities(greedy, [0, -0.1, -0.2, DEAD])).toEqual([1, 0, 0, 0]);
  });

  it("breaks a tie with no_offer by id, too", () => {
    expect(probabilities(greedy, [0, 0, DEAD, DEAD])).toEqual([0, 1, 0, 0]);
  });

  it("is certain of the only live action", () => {
    expect(probabilities(greedy, [0, DEAD, DEAD, DEAD])).toEqual([1, 0, 0, 0]);
  });

  it("mixes with the floor: (1 − 4·0.05)·p + 0.05", () => {
    const mixed = probabilities({ ...greedy, floor: 0.05 }, [0, 0.1, 0.3, 0.2]);
    expect(mixed).toEqual([0.05, 0.05, 0.8 + 0.05, 0.05]);
  });
});

describe("epsilon", () => {
  it("gives every live action ε/|F| and the best the rest", () => {
    const epsilon = { strategy: "epsilon", epsilon: 0.3, floor: 0, salt } as const;
    // |F| = 3: 0.1 each, and 0.1 + 0.7 for the best.
    const [none = NaN, a = NaN, b = NaN, c = NaN] = probabilities(epsilon, [0, 0.2, DEAD, 0.1]);
    expect(none).toBeCloseTo(0.1, 15);
    expect(a).toBeCloseTo(0.8, 15);
    expect(b).toBe(0);
    expect(c).toBeCloseTo(0.1, 15);
  });

  it("of 0 is greedy and of 1 is even", () => {
    expect(probabilities({ strategy: "epsilon", epsilon: 0, floor: 0, salt }, [0, 1, 2, 3])).toEqual([0, 0, 0, 1]);
    expect(probabilities({ strategy: "epsilon", epsilon: 1, floor: 0, salt }, [0, 1, 2, 3])).toEqual([
      0.25, 0.25, 0.25, 0.25,
    ]);
  });
});

describe("inverse gap", () => {
  const gap = { strategy: "inverse-gap", gamma: 100, gapUnit: 1, floor: 0, salt } as const;

  it("gives 1/(|F| + γ·gap), the rest to the best", () => {
    // Gaps 0.46, 0.06, 0, 0.16 with |F| = 4: 1/50, 1/10, the rest, 1/20.
    const [none = NaN, a = NaN, b = NaN, c = NaN] = probabilities(gap, [0, 0.4, 0.46, 0.3]);
    expect(none).toBeCloseTo(1 / 50, 12);
    expect(a).toBeCloseTo(1 / 10, 12);
    expect(c).toBeCloseTo(1 / 20, 12);
    expect(b).toBeCloseTo(1 - 1 / 50 - 1 / 10 - 1 / 20, 12);
  });

  it("counts live actions only, and measures gaps in the declared unit", () => {
    // |F| = 2, gap 0.5 in units of 0.25: 1/(2 + 100·2).
    const [none = NaN, a = NaN] = probabilities({ ...gap, gapUnit: 0.25 }, [0, 0.5, DEAD, DEAD]);
    expect(none).toBeCloseTo(1 / 202, 12);
    expect(a).toBeCloseTo(201 / 202, 12);
  });

  it("gives what is not live nothing, for γ = 0 too", () => {
    expect(probabilities({ ...gap, gamma: 0 }, [0, 5, DEAD, 1])).toEqual([1 / 3, 1 - 2 / 3, 0, 1 / 3]);
  });

  it("is even for γ = 0 and for equal nets", () => {
    for (const vector of [probabilities({ ...gap, gamma: 0 }, [0, 5, 9, 1]), probabilities(gap, [0, 0, 0, 0])]) {
      for (const p of vector) expect(p).toBeCloseTo(0.25, 15);
    }
  });
});
