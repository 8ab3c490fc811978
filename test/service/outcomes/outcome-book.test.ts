import { rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { OutcomeRequest } from "../../../src/contract/outcomes.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";
import { START_MS } from "../../support/decision-log-files.ts";
import { decided, openOutcomeWorld, type OutcomeWorld, redemption, sent } from "../../support/outcome-world.ts";

async function newWorld(): Promise<OutcomeWorld> {
  const world = await openOutcomeWorld(await temporaryFolder());
  onTestFinished(() => world.leave());
  return world;
}

const results = async (world: OutcomeWorld, ...outcomes: readonly OutcomeRequest[]) =>
  (await world.book.take(outcomes)).results.map(({ result }) => result);

test("an outcome is in the log, and counts once", async () => {
  const world = await newWorld();
  const decision = decided(1);
  world.decisions.add(decision);
  expect(await world.book.take([sent(decision)])).toEqual({
    accepted: 1,
    duplicates: 0,
    unknown: 0,
    refused: 0,
    results: [{ outcomeId: "o1", result: "accepted" }],
  });
  expect(await results(world, sent(decision))).toEqual(["duplicate"]);
  expect((await world.lines()).map(({ outcomeId }) => outcomeId)).toEqual(["o1"]);
  expect(world.told).toEqual(["matched reward", "reward accepted", "reward duplicate"]);
});

test("duplicates in one call, and in calls at once, count once", async () => {
  const world = await newWorld();
  const decision = decided(1);
  world.decisions.add(decision);
  const answers = await Promise.all([
    results(world, sent(decision), sent(decision)),
    results(world, sent(decision)),
    results(world, sent(decision)),
  ]);
  expect(answers).toEqual([["accepted", "duplicate"], ["duplicate"], ["duplicate"]]);
  expect(await world.lines()).toHaveLength(1);
});

test("another outcome under a known id is refused, and the others of its call are not", async () => {
  const world = await newWorld();
  const decision = decided(1);
  world.decisions.add(decision);
  await world.book.take([sent(decision)]);
  const answer = await world.book.take([
    sent(decision, { value: 2 }),
    sent(decision, { outcomeId: "o2" }),
    sent(decision, { outcomeId: "o2", type: "conversion" }),
  ]);
  expect(answer.results).toEqual([
    { outcomeId: "o1", result: "refused", code: "outcome_conflict" },
    { outcomeId: "o2", result: "accepted" },
    { outcomeId: "o2", result: "refused", code: "outcome_conflict" },
  ]);
});

test("what has not happened yet is refused, but for clocks that differ by minutes", async () => {
  const world = await newWorld();
  const decision = decided(1);
  world.decisions.add(decision);
  const at = (ms: number) => new Date(START_MS + ms).toISOString();
  const answer = await world.book.take([
    sent(decision, { occurredAt: at(5 * 60_000) }),
    sent(decision, { outcomeId: "o2", occurredAt: at(5 * 60_000 + 1) }),
  ]);
  expect(answer.results).toEqual([
    { outcomeId: "o1", result: "accepted" },
    { outcomeId: "o2", result: "refused", code: "outcome_in_future" },
  ]);
});

test("an outcome that is before its decision waits for it", async () => {
  const world = await newWorld();
  const decision = decided(1);
  expect(await results(world, redemption(decision, "o1", 0.3))).toEqual(["unknown"]);
  expect(await results(world, redemption(decision, "o1", 0.3))).toEqual(["duplicate"]);
  await world.hold(decision);
  world.decisions.add(decision);
  world.book.decided(decision.decisionId);
  await expect.poll(() => world.settled).toEqual(["settled"]);
  expect(await world.view()).toMatchObject({ settled: 310_000, pending: 0 });
  expect(world.told).toContain("matched redemption");
});

test("a decision that was never heard of is waited for in vain, and its outcome is in the log", async () => {
  const world = await newWorld();
  const stranger = decided(7);
  expect(await results(world, sent(stranger))).toEqual(["unknown"]);
  world.book.decided(decided(8).decisionId);
  expect(await world.lines()).toHaveLength(1);
  expect(world.told).toEqual(["reward unknown"]);
});

test("redemptions settle what is held, the first one with the fixed part; a void returns it", async () => {
  const world = await newWorld();
  const [one, two, three] = [decided(1), decided(2), decided(3)];
  await world.hold(one, two, three);
  for (const decision of [one, two, three]) world.decisions.add(decision);
  await world.book.take([
    redemption(one, "o1", 0.2),
    { outcomeId: "o2", decisionId: two.decisionId, type: "void", occurredAt: two.time },
  ]);
  await world.settle();
  expect(world.settled).toEqual(["settled", "voided"]);
  expect(await world.view()).toMatchObject({ settled: 210_000, pending: 500_000 });
  await world.book.take([redemption(one, "o3", 0.1)]);
  await world.settle();
  expect(await world.view()).toMatchObject({ settled: 210_000, overrun: 100_000 });
});

test("exposures say what users got", async () => {
  const world = await newWorld();
  const offered = decided(1);
  const control = decided(2, { action: "no_offer" });
  for (const decision of [offered, control]) world.decisions.add(decision);
  const exposure = { type: "exposure" as const, value: undefined };
  await world.book.take([
    sent(offered, { ...exposure, outcomeId: "a" }),
    sent(offered, { ...exposure, outcomeId: "b", action: "womens_email" }),
    sent(control, { ...exposure, outcomeId: "c", action: "mens_email" }),
  ]);
  expect(world.told.filter((text) => !text.includes(" "))).toEqual(["as_decided", "other", "contaminated"]);
});

test("what a crash kept from being done is done at the next start, and counts once", async () => {
  const folder = await temporaryFolder();
  const before = await openOutcomeWorld(folder);
  const [known, unknown] = [decided(1), decided(2)];
  await before.hold(known, unknown);
  before.decisions.add(known);
  await before.book.take([redemption(known, "o1", 0.2), redemption(unknown, "o2", 0.3)]);
  await before.settle();
  await before.leave();

  const after = await openOutcomeWorld(folder);
  onTestFinished(() => after.leave());
  after.decisions.add(unknown);
  await after.recall();
  await after.settle();
  await after.recall();
  await after.settle();
  expect(after.settled).toEqual(["settled"]);
  expect(await after.view()).toMatchObject({ settled: 210_000 + 310_000, pending: 0, overrun: 0 });
  expect(await results(after, redemption(known, "o1", 0.2))).toEqual(["duplicate"]);
});

test("an index that is lost is made from the log, and nothing is settled twice", async () => {
  const folder = await temporaryFolder();
  const before = await openOutcomeWorld(folder);
  const decision = decided(1);
  await before.hold(decision);
  before.decisions.add(decision);
  await before.book.take([redemption(decision, "o1", 0.2)]);
  await before.settle();
  await before.leave();
  await rm(join(folder, "index"), { recursive: true });

  const after = await openOutcomeWorld(folder);
  onTestFinished(() => after.leave());
  after.decisions.add(decision);
  await after.recall();
  await after.settle();
  expect(after.settled).toEqual(["duplicate"]);
  expect(await after.view()).toMatchObject({ settled: 210_000, overrun: 0 });
});

test("whatever is repeated, reordered or late: each outcome counts once, and none is lost", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ decision: fc.nat(19), cents: fc.nat(49), copies: fc.integer({ min: 1, max: 3 }) }), {
        maxLength: 60,
      }),
      fc.array(fc.nat(19), { maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      async (redeemed, late, shuffle) => {
        const world = await openOutcomeWorld(await temporaryFolder());
        const decisions = Array.from({ length: 20 }, (_, n) => decided(n));
        await world.hold(...decisions);
        const isLate = new Set(late);
        for (const [n, decision] of decisions.entries()) if (!isLate.has(n)) world.decisions.add(decision);
        const events = redeemed.flatMap(({ decision, cents, copies }, i) =>
          Array.from({ length: copies }, () => redemption(decided(decision), `o${i}`, cents / 100)),
        );
        const order = events.map((event) => ({ event, at: shuffle.next().value })).toSorted((a, b) => a.at - b.at);
        await Promise.all(order.map(({ event }) => world.book.take([event])));
        for (const n of isLate) {
          world.decisions.add(decided(n));
          world.book.decided(decided(n).decisionId);
        }
        await world.book.matchAll();
        await world.settle();

        const { settled, overrun } = await world.view();
        const redeemers = new Set(redeemed.map(({ decision }) => decision));
        const cost = redeemed.reduce((sum, { cents }) => sum + cents * 10_000, 0);
        expect(settled + overrun).toBe(cost + redeemers.size * 10_000);
        expect(await world.lines()).toHaveLength(redeemed.length);
        expect(world.told.filter((text) => text === "matched redemption")).toHaveLength(redeemed.length);
        await world.leave();
      },
    ),
    { numRuns: 40, seed: 20_261_127 },
  );
});
