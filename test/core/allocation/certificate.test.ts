import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrange } from "../../../src/core/allocation/arrange.ts";
import { certify } from "../../../src/core/allocation/certificate.ts";
import { optimum, someUsers } from "../../support/knapsack.ts";

const ACTIONS = 4;
const users = someUsers({ users: 25, actions: ACTIONS, seed: 21 });
const { block } = arrange(users);
const candidates = { users: block.users, actions: ACTIONS, blocks: () => [block] };
const constraints = {
  budgetMicros: 9e6,
  costWeight: 1,
  caps: [
    { actions: [0, 1], offers: 6 },
    { actions: [2], offers: 3 },
  ],
} as const;
const NOBODY = new Int16Array(block.users).fill(-1);
const price = fc.double({ min: 0, max: 5, noNaN: true });

describe("a certificate", () => {
  it("bounds the optimum at whatever prices, even bad ones", () => {
    const best = optimum({ users, actions: ACTIONS, constraints }, "fractional");
    fc.assert(
      fc.property(price, price, price, (lambda, first, second) => {
        const prices = Float64Array.of(lambda, first * 1e6, second * 1e6);
        const { dualBoundMicros } = certify(candidates, constraints, { assignment: NOBODY, prices });
        expect(dualBoundMicros).toBeGreaterThanOrEqual(best * (1 - 1e-12));
      }),
    );
  });

  it("at no prices is what users want when nothing is scarce", () => {
    const wanted = users.reduce(
      (sum, { options }) =>
        sum + Math.max(0, ...options.map(({ valueMicros, costMicros }) => valueMicros - Math.max(0, costMicros))),
      0,
    );
    const { dualBoundMicros } = certify(candidates, constraints, { assignment: NOBODY, prices: new Float64Array(3) });
    expect(Math.abs(dualBoundMicros / wanted - 1)).toBeLessThan(1e-14);
    expect(dualBoundMicros).toBeGreaterThanOrEqual(wanted);
  });

  it("says of no offers that everything is missing", () => {
    const certificate = certify(candidates, constraints, { assignment: NOBODY, prices: new Float64Array(3) });
    expect(certificate).toMatchObject({ valueMicros: 0, spendMicros: 0, offers: 0, gap: 1 });
    expect(certificate.slack).toEqual({ budgetMicros: 9e6, caps: [6, 3] });
  });
});
