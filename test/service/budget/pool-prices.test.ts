import { expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import type { BoardDocument, PacingBoard } from "../../../src/core/budget-ports.ts";
import type { AccountId } from "../../../src/core/domain/budget.ts";
import { decide } from "../../../src/core/decision/decide.ts";
import type { Period } from "../../../src/core/domain/period.ts";
import { PoolPrices } from "../../../src/service/budget/pool-prices.ts";
import { programWith, situationWith } from "../../support/programs.ts";

const START_MS = Date.UTC(2026, 10, 25);
const PERIOD: Period = { id: "p", startMs: START_MS, endMs: START_MS + 86_400_000 };
const RULE = { kind: "fixed", fromMs: PERIOD.startMs, untilMs: PERIOD.endMs } as const;

function turnAt(atMs: number) {
  const account = { budget: "b", period: PERIOD.id };
  const left = { remainingMicros: 1_000_000, remainingVolumes: {}, floor: 0 };
  return { account, rule: RULE, period: PERIOD, epoch: Math.floor(atMs / 1_000), atMs, ...left };
}

test("requests that a reload overtook are counted beside those of the new version, and neither twice", async () => {
  const told: Readonly<Record<string, number>>[] = [];
  const board: PacingBoard = {
    add: async (_, sums) => {
      told.push(sums);
      return sums;
    },
    publish: async (_: AccountId, document: BoardDocument) => document,
    read: async () => null,
    close: async () => undefined,
  };
  const prices = new PoolPrices({ board, calendar: new TemporalCalendar() });
  const [before, after] = [programWith({ digest: "sha256:one" }), programWith({ digest: "sha256:two", version: 2 })];
  for (const program of [before, after, before, after, before]) {
    const situation = situationWith(program);
    prices.observe(situation, decide(situation), 7);
  }
  await prices.turn(turnAt(START_MS + 1_000));
  await prices.turn(turnAt(START_MS + 2_000));
  prices.observe(situationWith(after), decide(situationWith(after)), 7);
  await prices.turn(turnAt(START_MS + 3_000));
  expect(told.map((sums) => [sums["arrivals"], sums["used:budget"]])).toEqual([
    [5, 35],
    [undefined, undefined],
    [1, 7],
  ]);
});
