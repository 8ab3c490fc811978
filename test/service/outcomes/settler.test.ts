import { expect, onTestFinished, test } from "vitest";
import type { Settlement, SettlementResult } from "../../../src/core/domain/budget.ts";
import { LiftgateError } from "../../../src/core/errors.ts";
import { decided, openOutcomeWorld, redemption } from "../../support/outcome-world.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

/** A ledger that answers as it is told, and what it was asked. */
function ledgerThat(answer: (call: number) => SettlementResult["kind"] | "down") {
  const asked: string[][] = [];
  const settle = async (_: unknown, settlements: readonly Settlement[]): Promise<readonly SettlementResult[]> => {
    asked.push(settlements.map(({ eventId }) => eventId));
    const kind = answer(asked.length);
    if (kind === "down") throw new LiftgateError("ledger_unavailable");
    return settlements.map(() => (kind === "overrun" ? { kind, excess: 1 } : { kind }));
  };
  return { asked, ledger: { settle } };
}

async function worldWith(ledger: ReturnType<typeof ledgerThat>["ledger"], folder?: string) {
  const world = await openOutcomeWorld(folder ?? (await temporaryFolder()), { ledger });
  world.decisions.add(decided(1));
  return world;
}

test("a ledger that is down is asked again until it answers", async () => {
  const { asked, ledger } = ledgerThat((call) => (call < 3 ? "down" : "settled"));
  const world = await worldWith(ledger);
  onTestFinished(() => world.leave());
  await world.book.take([redemption(decided(1), "o1", 0.1)]);
  for (let call = 1; call <= 2; call++) {
    await expect.poll(() => asked).toHaveLength(call);
    await expect.poll(() => world.settled).toHaveLength(call);
    world.fire();
  }
  await world.settle();
  expect(asked).toEqual([["o1"], ["o1"], ["o1"]]);
  expect(world.settled.at(-1)).toBe("settled");
});

test("while the ledger is down new settlements wait with the others", async () => {
  const { asked, ledger } = ledgerThat((call) => (call === 1 ? "down" : "settled"));
  const world = await worldWith(ledger);
  onTestFinished(() => world.leave());
  await world.book.take([redemption(decided(1), "o1", 0.1)]);
  await expect.poll(() => world.settled).toHaveLength(1);
  await world.book.take([redemption(decided(1), "o2", 0.1)]);
  world.fire();
  await world.settle();
  expect(asked).toEqual([["o1"], ["o1", "o2"]]);
});

test("what waits outlives the process", async () => {
  const folder = await temporaryFolder();
  const before = await worldWith(ledgerThat(() => "down").ledger, folder);
  await before.book.take([redemption(decided(1), "o1", 0.1)]);
  await expect.poll(() => before.settled).toHaveLength(1);
  await before.leave();
  const { asked, ledger } = ledgerThat(() => "settled");
  const after = await worldWith(ledger, folder);
  onTestFinished(() => after.leave());
  await after.settle();
  expect(asked).toEqual([["o1"]]);
});

test("an account that the ledger does not know is asked for again in a minute, for a week", async () => {
  const { asked, ledger } = ledgerThat(() => "unknown_account");
  const world = await worldWith(ledger);
  onTestFinished(() => world.leave());
  await world.book.take([redemption(decided(1), "o1", 0.1)]);
  await world.settle();
  expect(asked).toHaveLength(1);
  world.clock.nowMs += 60_000;
  await world.settle();
  expect(asked).toHaveLength(2);
  world.clock.nowMs += 8 * 86_400_000;
  await world.settle();
  world.clock.nowMs += 60_000;
  await world.settle();
  expect(asked).toHaveLength(3);
});
