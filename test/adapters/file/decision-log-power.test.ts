/** The short form of `node bench/power-loss.ts`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { powerHistory } from "../../support/power-histories.ts";

const SEED = 20261127;
const RUNS = 5_000;

describe("power loss on a disk that forgets what was not synced, with errors on the way", () => {
  it("power: loses no acknowledged record, whatever the history", async () => {
    let acknowledged = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const history = await powerHistory("power", seed);
        acknowledged += history.acknowledged;
        refused += history.refused;
        expect(history).toMatchObject({ lost: 0, doubled: 0, foreign: 0 });
      }),
      { seed: SEED, numRuns: RUNS },
    );
    // Histories in which nothing is promised, or nothing goes wrong, would show nothing.
    expect(acknowledged).toBeGreaterThan(10 * RUNS);
    expect(refused).toBeGreaterThan(RUNS);
  });

  it("process: loses some, for it promises less; so the same histories can fail", async () => {
    let lost = 0;
    for (let seed = 0; seed < 100; seed++) lost += (await powerHistory("process", seed)).lost;
    expect(lost).toBeGreaterThan(100);
  });
});
