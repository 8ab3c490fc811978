import { describe, expect, test } from "vitest";
import type { Constraints } from "../../../src/core/allocation/candidates.ts";
import { decide } from "../../../src/core/decision/decide.ts";
import type { Program } from "../../../src/core/domain/program.ts";
import type { Sample } from "../../../src/core/ports.ts";
import { type Rest, VolumePrices } from "../../../src/service/budget/volume-prices.ts";
import { settled } from "../../support/lease-fixtures.ts";
import { pooled, solvedHere } from "../../support/pool-world.ts";
import { actionsNamed, scoresOf, situationWith } from "../../support/programs.ts";

const account = { budget: "pool", period: "2026-11" };
const MICROS = 1e6;
/** Each of a thousand requests to come may have an offer, if it is to be one of a hundred. */
const rest: Rest = {
  account,
  atMs: 0,
  remainingMicros: 1e6 * MICROS,
  remainingVolumes: { "channel:email": 100 },
  toCome: 1_000,
};

/** Prices whose solves are written down, and fail when they are told to. */
function pricesOf(programs: readonly Program[]) {
  const solves: { readonly sample: Sample; readonly constraints: Constraints }[] = [];
  const failures: unknown[] = [];
  const solver = { isBroken: false };
  const prices = new VolumePrices(
    {
      allocator: {
        prices: async (sample, constraints) => {
          solves.push({ sample, constraints });
          if (solver.isBroken) throw new Error("the worker failed");
          return await solvedHere.prices(sample, constraints);
        },
      },
      failed: (cause) => failures.push(cause),
    },
    programs,
  );
  return { prices, solves, failures, solver };
}

/** Requests that are worth 0.01, 0.02 … for nothing. */
function see(prices: VolumePrices, program: Program, count: number): void {
  for (let request = 1; request <= count; request++) {
    const value = request / 100;
    const scores = scoresOf(program.actions.slice(1).map(() => [value, 0, 0]));
    const situation = situationWith(program, { scores });
    prices.observe(situation, decide(situation));
  }
}

describe("the prices of limited volumes", () => {
  const program = pooled("pool", {}, { actions: actionsNamed("mens_email") });

  test("let those have the offers for whom they are worth most", async () => {
    const { prices } = pricesOf([program]);
    see(prices, program, 200);
    prices.refresh(rest);
    await settled();
    // A tenth of 200, worth 0.01 to 2: the 20 that are worth more than 1.8.
    const mu = prices.unpublished(account)?.["channel:email"] ?? NaN;
    expect(mu).toBeGreaterThanOrEqual(1.8);
    expect(mu).toBeLessThanOrEqual(1.81);
  });

  test("are solved each minute, and at once when a period begins or twice as much is known; one at a time", async () => {
    const { prices, solves } = pricesOf([program]);
    prices.refresh(rest);
    expect(solves).toHaveLength(0);
    see(prices, program, 100);
    prices.refresh(rest);
    prices.refresh({ ...rest, atMs: 60_000 });
    await settled();
    expect(solves).toHaveLength(1);
    prices.refresh({ ...rest, atMs: 59_999 });
    expect(solves).toHaveLength(1);
    prices.refresh({ ...rest, atMs: 60_000 });
    await settled();
    expect(solves).toHaveLength(2);
    see(prices, program, 100);
    prices.refresh({ ...rest, atMs: 65_000 });
    await settled();
    expect(solves).toHaveLength(3);
    const next = { ...rest, account: { ...account, period: "2026-12" }, atMs: 70_000 };
    prices.refresh(next);
    await settled();
    expect(solves).toHaveLength(4);
    expect(prices.unpublished(account)).toBeNull();
    expect(prices.unpublished(next.account)).not.toBeNull();
    // A clock that is set back does not keep them from being solved.
    prices.refresh({ ...next, atMs: next.atMs - 3_600_000 });
    await settled();
    expect(solves).toHaveLength(5);
  });

  test("are not solved where nothing can be told: nobody to come, or no money", async () => {
    const { prices, solves } = pricesOf([program]);
    see(prices, program, 100);
    for (const senseless of [{ toCome: Infinity }, { toCome: 0 }, { remainingMicros: 0 }]) {
      prices.refresh({ ...rest, ...senseless });
    }
    await settled();
    expect(solves).toHaveLength(0);
  });

  test("wait until they are published, and then are told no more", async () => {
    const { prices } = pricesOf([program]);
    see(prices, program, 100);
    prices.refresh(rest);
    await settled();
    const solved = prices.unpublished(account);
    expect(prices.unpublished(account)).toBe(solved);
    prices.published({ "channel:email": 7 });
    expect(prices.unpublished(account)).toBe(solved);
    if (solved !== null) prices.published(solved);
    expect(prices.unpublished(account)).toBeNull();
  });

  test("stay as they were when they cannot be solved, which is told, and are solved the next time", async () => {
    const { prices, failures, solver } = pricesOf([program]);
    see(prices, program, 100);
    solver.isBroken = true;
    prices.refresh(rest);
    await settled();
    expect(failures).toEqual([new Error("the worker failed")]);
    expect(prices.unpublished(account)).toBeNull();
    solver.isBroken = false;
    prices.refresh({ ...rest, atMs: 60_000 });
    await settled();
    expect(prices.unpublished(account)).not.toBeNull();
  });

  test("are those of all programs of the pool, whose offers count by name", async () => {
    const other = pooled("other", null, { actions: actionsNamed("push", "mens_email") });
    const stranger = pooled("stranger", null);
    const { prices, solves } = pricesOf([program, other]);
    expect([prices.samples([program, other]), prices.samples([program])]).toEqual([true, false]);
    see(prices, program, 1);
    see(prices, other, 1);
    see(prices, stranger, 1);
    const remainingVolumes = {
      "action:mens_email": 3,
      "action:push": 4,
      "channel:email": 5,
      "channel:push": 6,
      gone: 0,
    };
    prices.refresh({ ...rest, remainingVolumes });
    await settled();
    // Numbered no_offer 0, mens_email 1; no_offer 2, push 3, mens_email 4.
    expect(solves[0]?.constraints.caps).toEqual([
      { actions: [1, 4], offers: 3 },
      { actions: [3], offers: 4 },
      { actions: [1, 3, 4], offers: 5 },
      { actions: [], offers: 6 },
    ]);
    expect([...(solves[0]?.sample.block.action ?? [])]).toEqual([1, 3, 4]);
    expect(solves[0]?.sample).toMatchObject({ actions: 5, share: 2 / 1_000 });
    expect(prices.unpublished(account)).toMatchObject({ "channel:push": 0 });
  });

  test("come from a sample that reaches back some minutes, however many requests there are", async () => {
    const { prices, solves } = pricesOf([program]);
    see(prices, program, 10);
    prices.refresh(rest);
    await settled();
    see(prices, program, 20_000);
    prices.refresh({ ...rest, atMs: 60_000 });
    await settled();
    expect(solves[1]?.sample.block.users).toBe(4_000);
    // 20,000 a minute: one in 25 fills 4,000 places in five minutes, and replaces a fifth of them in one.
    see(prices, program, 20_000);
    prices.refresh({ ...rest, atMs: 120_000 });
    await settled();
    const [before, after] = [solves[1], solves[2]].map((solve) => [...(solve?.sample.block.valueMicros ?? [])]);
    const replaced = after?.filter((value, place) => value !== before?.[place]).length ?? 0;
    expect(replaced).toBeGreaterThan(700);
    expect(replaced).toBeLessThanOrEqual(800);
  });
});
