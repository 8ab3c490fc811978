/** Each strategy against its closed form, worked out by hand. */
import { describe, expect, it } from "vitest";
import { alternativesOf } from "../../../src/core/decision/alternatives.ts";
import { explore } from "../../../src/core/decision/explore.ts";
import type { Situation } from "../../../src/core/domain/decision.ts";
import type { Exploration } from "../../../src/core/domain/program.ts";
import { actionsNamed, programWith, scoresOf, situationWith, UNPACED, withReplicates } from "../../support/programs.ts";

const actions = actionsNamed("a", "b", "c");
const salt = "draw";

/** The net of an action that is not live. */
const DEAD = -Infinity;

function probabilities(
  exploration: Exploration,
  net: readonly number[],
  parts: Partial<Situation> = {},
): readonly number[] {
  return explore(situationWith(programWith({ actions, exploration }), parts), alternativesOf(actions, net));
}

function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((p, i) => expect(p).toBeCloseTo(expected[i] ?? NaN, 14));
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

describe("skewed", () => {
  const skewed = {
    strategy: "skewed",
    epsilon: 0.4,
    evenShare: 0.25,
    costUnit: 0.5,
    floor: 0,
    salt,
  } as const;
  /** Weights 0; 3/(1 + 2) = 1; 2/(1 + 0) = 2, for a cost below 0 is none; 3/(1 + 1) = 1.5. */
  const scores = scoresOf([
    [3, 0, 1],
    [2, 0, -1],
    [3, 0, 0.5],
  ]);

  it("gives ε·(0.75·w/Σw + 0.25/|F|), and the rest to the best", () => {
    // Σw = 4.5 and |F| = 4: 0.4·(0.75·w/4.5 + 0.0625) = w/15 + 0.025.
    expectNear(probabilities(skewed, [0, 1, 2, 2.5], { scores }), [
      0.025,
      1 / 15 + 0.025,
      2 / 15 + 0.025,
      0.1 + 0.025 + 0.6,
    ]);
  });

  it("weighs live actions only, at the cost that falls due in this period", () => {
    // a costs 0.5 now and weighs 3/(1 + 1) = 1.5, c is dead: Σw = 3.5, |F| = 3.
    const pacing = { ...UNPACED, inPeriod: [1, 0.5, 1, 1] };
    const even = 0.1 / 3;
    expectNear(probabilities(skewed, [0, 1, 2, DEAD], { scores, pacing }), [
      even,
      0.3 * (1.5 / 3.5) + even,
      0.3 * (2 / 3.5) + even + 0.6,
      0,
    ]);
  });

  it("is even over what is live where nothing weighs anything", () => {
    const worthless = scoresOf(Array.from({ length: 3 }, () => [0, 0, 0.1]));
    expectNear(probabilities({ ...skewed, epsilon: 1 }, [0, -0.1, DEAD, -0.1], { scores: worthless }), [
      1 / 3,
      1 / 3,
      0,
      1 / 3,
    ]);
    expect(probabilities(skewed, [0, DEAD, DEAD, DEAD], { scores })).toEqual([1, 0, 0, 0]);
  });
});

describe("softmax", () => {
  const softmax = { strategy: "softmax", temperature: 0.5, floor: 0, salt } as const;

  it("gives e^(gap/T) in proportion", () => {
    // Gaps of 1, ln 2/2 and 0 at T = 0.5: e^−2, 1/2, nothing, 1.
    const total = Math.exp(-2) + 0.5 + 1;
    expectNear(probabilities(softmax, [0, 1 - Math.LN2 / 2, DEAD, 1]), [
      Math.exp(-2) / total,
      0.5 / total,
      0,
      1 / total,
    ]);
  });

  it("knows no difference between actions that are worth the same, however much", () => {
    expect(probabilities(softmax, [0, 1e300, 1e300, DEAD])).toEqual([0, 0.5, 0.5, 0]);
    expect(probabilities(softmax, [0, 0, 0, 0])).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it("mixes with the floor", () => {
    expectNear(probabilities({ ...softmax, floor: 0.1 }, [0, 0, DEAD, DEAD]), [0.5, 0.5, 0, 0]);
    expectNear(probabilities({ ...softmax, floor: 0.1 }, [0, 1e300, DEAD, DEAD]), [0.1, 0.9, 0, 0]);
  });
});

describe("thompson", () => {
  const thompson = { strategy: "thompson", floor: 0, salt } as const;
  /** Net of value − cost in four replicates: a 1, −1, 2, 0; b 0.5, −1, 2, 1; c wins whenever it is live. */
  const scores = withReplicates(scoresOf(Array.from({ length: 3 }, () => [1, 0, 0.5])), [
    [
      [2, 1],
      [1, 2],
      [2, 0],
      [1, 1],
    ],
    [
      [1, 0.5],
      [0, 1],
      [3, 1],
      [2, 1],
    ],
    [
      [9, 0],
      [9, 0],
      [9, 0],
      [9, 0],
    ],
  ]);

  it("gives every action the share of replicates in which it wins, ties by id, no_offer at 0", () => {
    // a wins the first and, tied with b, the third; nobody is worth anything in the second; b wins the fourth.
    expect(probabilities(thompson, [0, 0.5, 0.5, DEAD], { scores })).toEqual([0.25, 0.5, 0.25, 0]);
    expect(probabilities(thompson, [0, 0.5, 0.5, 0.5], { scores })).toEqual([0, 0, 0, 1]);
  });

  it("ties with no_offer by id, too", () => {
    // a and no_offer are worth 0 in the fourth replicate, and "a" sorts first; −1 in the second is no tie.
    expect(probabilities(thompson, [0, 0.5, DEAD, DEAD], { scores })).toEqual([0.25, 0.75, 0, 0]);
  });

  it("prices every replicate: λ, and the share of the cost that falls due", () => {
    // a: 2 − 2·1, 1 − 2·2, 2 − 0, 1 − 2·1 at λ = 1: wins or ties in the first and the third.
    const pacing = { ...UNPACED, lambda: 1 };
    expect(probabilities(thompson, [0, 0.5, DEAD, DEAD], { scores, pacing })).toEqual([0.5, 0.5, 0, 0]);
    // Half of it due: 2 − 1, 1 − 2, 2, 1 − 1.
    const half = { ...pacing, inPeriod: [1, 0.5, 1, 1] };
    expect(probabilities(thompson, [0, 0.5, DEAD, DEAD], { scores, pacing: half })).toEqual([0.25, 0.75, 0, 0]);
    // A price of 1 on its volume: 1 − 1, −1 − 1, 2 − 1, 0 − 1.
    const mu = { ...UNPACED, mu: { "action:a": 1 } };
    expect(probabilities(thompson, [0, 0.5, DEAD, DEAD], { scores, pacing: mu })).toEqual([0.5, 0.5, 0, 0]);
  });

  it("lets what is not a number win nothing", () => {
    const spoilt = withReplicates(scores, [
      [
        [NaN, 1],
        [1, NaN],
      ],
      [
        [0.5, 1],
        [0.5, 1],
      ],
      [
        [0, 1],
        [0, 1],
      ],
    ]);
    expect(probabilities(thompson, [0, 1, 1, 1], { scores: spoilt })).toEqual([1, 0, 0, 0]);
  });

  it("is greedy on declared priors, which have no replicates, with the floor", () => {
    const priors = scoresOf(Array.from({ length: 3 }, () => [1, 0, 0.5]));
    expect(probabilities(thompson, [0, 0.1, 0.3, 0.2], { scores: priors })).toEqual([0, 0, 1, 0]);
    expectNear(
      probabilities({ ...thompson, floor: 0.05 }, [0, 0.1, 0.3, 0.2], { scores: priors }),
      [0.05, 0.05, 0.85, 0.05],
    );
  });
});
