/** What holds for every strategy, whatever its settings, the scores and the prices. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alternativesOf } from "../../../src/core/decision/alternatives.ts";
import { explore } from "../../../src/core/decision/explore.ts";
import { price } from "../../../src/core/decision/price.ts";
import type { Pruning } from "../../../src/core/domain/decision.ts";
import type { Strategy } from "../../../src/core/domain/program.ts";
import {
  actionsNamed,
  ANY_STRATEGY,
  programWith,
  scoresOf,
  situationWith,
  UNPACED,
  withReplicates,
} from "../../support/programs.ts";

const CASES = { numRuns: 2_000, seed: 20_261_128 };
const REPLICATES = 5;

/** One paid action: its id, whether it survived, V and c, and both in each replicate. */
interface Offer {
  readonly id: string;
  readonly live: boolean;
  readonly score: readonly [number, number];
  readonly replicates: readonly (readonly [number, number])[];
}

// A few values only, so that ties are common; and amounts beyond anything real.
const amount = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(-0.5, 0, 0.25, 0.5, 1) },
  { weight: 3, arbitrary: fc.double({ min: -1, max: 3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(1e300, -1e300, 1e-300) },
);
const pair = fc.tuple(amount, amount);
const offers: fc.Arbitrary<readonly Offer[]> = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-z]{1,3}$/),
    live: fc.boolean(),
    score: pair,
    replicates: fc.array(pair, { minLength: REPLICATES, maxLength: REPLICATES }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
);

interface Setting {
  readonly strategy: Strategy;
  readonly floor: number;
  readonly lambda: number;
}

/** By id: the probability of every action, and whether it is live. */
function explored(paid: readonly Offer[], { strategy, floor, lambda }: Setting) {
  const exploration = { ...strategy, floor: floor / (paid.length + 1), salt: "draw" };
  const actions = actionsNamed(...paid.map(({ id }) => id));
  const scores = withReplicates(
    scoresOf(paid.map(({ score: [value, cost] }) => [value, 0, cost])),
    paid.map(({ replicates }) => replicates),
  );
  const situation = situationWith(programWith({ actions, exploration }), { scores, pacing: { ...UNPACED, lambda } });
  const pruned = [null, ...paid.map(({ live }): Pruning | null => (live ? null : "no_value"))];
  const net = price(situation, { excluded: actions.map(() => null), pruned });
  const alternatives = alternativesOf(actions, net);
  return {
    p: explore(situation, alternatives),
    ids: actions.map(({ id }) => id),
    alternatives,
    floor: exploration.floor,
  };
}

describe.each(Object.entries(ANY_STRATEGY))("%s", (_, anyOfIt) => {
  const setting: fc.Arbitrary<Setting> = fc.record({
    strategy: anyOfIt,
    floor: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
    lambda: fc.constantFrom(0, 0.5, 2),
  });

  it("sums to 1 within 1e-12, is at least the floor where live, and 0 where not", () => {
    fc.assert(
      fc.property(offers, setting, (paid, given) => {
        const { p, alternatives, floor } = explored(paid, given);
        expect(Math.abs(p.reduce((sum, each) => sum + each, 0) - 1)).toBeLessThanOrEqual(1e-12);
        p.forEach((each, i) => {
          if (alternatives.net[i] === -Infinity) expect(each).toBe(0);
          else expect(each).toBeGreaterThanOrEqual(Math.max(0, floor - 1e-15));
        });
      }),
      CASES,
    );
  });

  it("depends on ids where nets tie, and not on the order in which actions are declared", () => {
    fc.assert(
      fc.property(offers, setting, (paid, given) => {
        const forward = explored(paid, given);
        const backward = explored(paid.toReversed(), given);
        const best = ({ ids, alternatives }: typeof forward) => ids[alternatives.best];
        expect(best(backward)).toBe(best(forward));
        forward.ids.forEach((id, i) => {
          const other = backward.p[backward.ids.indexOf(id)] ?? NaN;
          expect(Math.abs(other - (forward.p[i] ?? NaN))).toBeLessThanOrEqual(1e-12);
        });
      }),
      CASES,
    );
  });

  it("is certain of no_offer where nothing else is live", () => {
    fc.assert(
      fc.property(offers, setting, (paid, given) => {
        const none = explored(
          paid.map((offer) => ({ ...offer, live: false })),
          given,
        );
        expect(none.p[0]).toBeCloseTo(1, 12);
        expect(none.alternatives.best).toBe(0);
      }),
      CASES,
    );
  });
});
