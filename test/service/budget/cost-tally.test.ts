import { describe, expect, it } from "vitest";
import { CostTally } from "../../../src/service/budget/cost-tally.ts";

const noon = { program: "spring", action: "mail", decidedAtMs: Date.UTC(2026, 10, 30, 12) };
const AMOUNTS = { predictedMicros: 500, fixedMicros: 20 };
const DAY = Math.floor(noon.decidedAtMs / 86_400_000);

describe("what is known of offers and not told yet", () => {
  it("adds offers up by program, action and day, in the account of their month", () => {
    const tally = new CostTally();
    tally.offered(noon, AMOUNTS);
    tally.offered({ ...noon, decidedAtMs: Date.UTC(2026, 11, 1) }, AMOUNTS);
    tally.offered({ ...noon, action: "call" }, AMOUNTS);
    tally.offered({ ...noon, program: "autumn" }, AMOUNTS);
    tally.offered({ ...noon, decidedAtMs: Date.UTC(2026, 11, 1) - 1 }, { predictedMicros: 1, fixedMicros: 0 });
    expect(Object.fromEntries(tally.drain())).toEqual({
      "costs-2026-11": {
        [`${DAY} spring mail offers`]: 2,
        [`${DAY} spring mail predicted`]: 501,
        [`${DAY} spring mail fixed`]: 20,
        [`${DAY} spring call offers`]: 1,
        [`${DAY} spring call predicted`]: 500,
        [`${DAY} spring call fixed`]: 20,
        [`${DAY} autumn mail offers`]: 1,
        [`${DAY} autumn mail predicted`]: 500,
        [`${DAY} autumn mail fixed`]: 20,
      },
      "costs-2026-12": {
        [`${DAY + 1} spring mail offers`]: 1,
        [`${DAY + 1} spring mail predicted`]: 500,
        [`${DAY + 1} spring mail fixed`]: 20,
      },
    });
  });

  it("is drained again, with what came since, until it is told", () => {
    const tally = new CostTally();
    tally.offered(noon, AMOUNTS);
    tally.drain();
    tally.voided(noon, 20);
    tally.offered(noon, AMOUNTS);
    const both = { [`${DAY} spring mail offers`]: 2, [`${DAY} spring mail predicted`]: 1_000 };
    expect(tally.drain()).toEqual([["costs-2026-11", { ...both, [`${DAY} spring mail fixed`]: 20 }]]);
    tally.told("costs-2026-11");
    expect(tally.drain()).toEqual([]);
  });
});
