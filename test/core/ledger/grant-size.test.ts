import fc from "fast-check";
import { expect, test } from "vitest";
import { surplus, topUp } from "../../../src/core/ledger/grant-size.ts";

const SEED = 20261125;
const holders = (count: number) => Array.from({ length: count }, (_, life) => ({ replica: "r", life }));

const view = fc.record({
  amount: fc.integer({ min: 1, max: 1e12 }),
  available: fc.integer({ min: -1e12, max: 1e12 }),
  overrun: fc.nat(1e6),
  holders: fc.integer({ min: 0, max: 40 }).map(holders),
});

test("a fresh budget is leased by half percents", () => {
  const fresh = { amount: 1_000_000, available: 1_000_000, overrun: 0, holders: holders(4) };
  expect(topUp(fresh, { largestOffer: 10, balance: 0 })).toBe(5_000);
  expect(topUp(fresh, { largestOffer: 10, balance: 1_249 })).toBe(3_751);
  expect(topUp(fresh, { largestOffer: 10, balance: 1_250 })).toBe(0);
  expect(topUp(fresh, { largestOffer: 8_000, balance: 0 })).toBe(8_000);
});

test("near the end leases shrink to half of an even share, down to one offer and the last micro", () => {
  const left = (available: number) => ({ amount: 1_000_000, available, overrun: 0, holders: holders(4) });
  expect(topUp(left(8_000), { largestOffer: 10, balance: 0 })).toBe(1_000);
  expect(topUp(left(50), { largestOffer: 10, balance: 0 })).toBe(10);
  expect(topUp(left(7), { largestOffer: 10, balance: 0 })).toBe(7);
  expect(topUp(left(1), { largestOffer: 10, balance: 9 })).toBe(1);
  expect(topUp(left(0), { largestOffer: 10, balance: 0 })).toBe(0);
  expect(topUp({ ...left(50), overrun: 45 }, { largestOffer: 10, balance: 0 })).toBe(5);
});

test("nobody asks for more than is free, or for a part of a unit", () => {
  fc.assert(
    fc.property(view, fc.integer({ min: 1, max: 1e9 }), fc.nat(1e9), (seen, largestOffer, balance) => {
      const want = topUp(seen, { largestOffer, balance });
      expect(Number.isSafeInteger(want)).toBe(true);
      expect(want).toBeGreaterThanOrEqual(0);
      expect(want).toBeLessThanOrEqual(Math.max(0, seen.available - seen.overrun));
      // Whoever cannot pay the largest offer is topped up until he can, or nothing is left.
      if (balance < largestOffer) {
        expect(want).toBeGreaterThanOrEqual(
          Math.min(largestOffer - balance, Math.max(0, seen.available - seen.overrun)),
        );
      }
    }),
    { seed: SEED },
  );
});

test("replicas that ask in any order spend the budget to its last unit and never beyond", () => {
  const draws = fc.array(fc.record({ who: fc.nat(7), offer: fc.integer({ min: 1, max: 30 }) }), { minLength: 400 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), draws, (amount, asks) => {
      const balances = new Array<number>(8).fill(0);
      let available = amount;
      let spent = 0;
      for (const { who, offer } of asks) {
        const seen = { amount, available, overrun: 0, holders: holders(8) };
        const grant = topUp(seen, { largestOffer: 30, balance: balances[who] as number });
        available -= grant;
        const held = (balances[who] as number) + grant;
        const paid = offer <= held ? offer : 0;
        balances[who] = held - paid;
        spent += paid;
        expect(spent + available + balances.reduce((sum, balance) => sum + balance, 0)).toBe(amount);
      }
      // The others have nothing to do and give back; one spends single units for the rest.
      const idle = balances.reduce((sum, balance) => {
        const seen = { amount, available: 0, overrun: 0, holders: holders(8) };
        return sum + surplus(seen, { largestOffer: 30, balance });
      }, 0);
      available += idle;
      let balance = 0;
      for (let turn = 0; turn < 10_000 && spent < amount; turn++) {
        const grant = topUp({ amount, available, overrun: 0, holders: holders(8) }, { largestOffer: 30, balance });
        available -= grant;
        balance += grant;
        spent += Number(balance > 0);
        balance -= Number(balance > 0);
      }
      expect(spent).toBe(amount);
    }),
    { seed: SEED, numRuns: 50 },
  );
});

test("an idle replica keeps its lease while there is plenty, and returns all of it when there is not", () => {
  const plenty = { amount: 1_000_000, available: 500_000, overrun: 0, holders: holders(4) };
  expect(surplus(plenty, { largestOffer: 10, balance: 3_000 })).toBe(0);
  expect(surplus(plenty, { largestOffer: 10, balance: 5_001 })).toBe(1);
  expect(surplus({ ...plenty, available: 19_999 }, { largestOffer: 10, balance: 3_000 })).toBe(3_000);
});
