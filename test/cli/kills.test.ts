/** The short form of `node bench/kills.ts`: kill -9 of the real service under load. */
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { auditLog, DECIDE, ShortLives, tearTail } from "../support/promised-calls.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";

/** Answers after which each life ends, drawn once. */
const KILL_AFTER = fc.sample(fc.integer({ min: 1, max: 800 }), { seed: 20261127, numRuns: 3 });

test.each(["process", "power"] as const)(
  "%s: over three kills of one DATA_DIR, every answered decision is in the log, and none twice",
  async (durability) => {
    const dataDir = join(await temporaryFolder(), "data");
    const environment = { DURABILITY: durability };
    const lives = new ShortLives({ dataDir, calls: [DECIDE], connections: 16, environment });
    for (const killAfter of KILL_AFTER) {
      expect(await lives.live(killAfter)).toBeGreaterThanOrEqual(killAfter);
      await tearTail(dataDir, DECIDE);
    }
    await lives.recover();
    const found = await auditLog(dataDir, DECIDE, lives.promised);
    expect(found).toMatchObject({ lost: 0, doubled: 0, corrupt: 0, tornTails: KILL_AFTER.length });
    expect(found.promised).toBeGreaterThanOrEqual(KILL_AFTER.reduce((sum, count) => sum + count, 0));
    expect(found.records - found.promised).toBeLessThanOrEqual(KILL_AFTER.length * 16);
  },
  120_000,
);
