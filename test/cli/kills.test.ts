/** The short form of `node bench/kills.ts`: kill -9 of the real service under load. */
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { auditLog, ShortLives, tearTail } from "../support/promised-calls.ts";
import { auditMoney, decisionsWithOutcomes, fundedPrograms, settlementsDue } from "../support/promised-outcomes.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";

/** Answers after which each life ends, drawn once. */
const KILL_AFTER = fc.sample(fc.integer({ min: 1, max: 800 }), { seed: 20261127, numRuns: 3 });
const CONNECTIONS = 16;

test.each(["process", "power"] as const)(
  "%s: over three kills of one DATA_DIR, what was answered is in the logs, none twice, and is paid once",
  async (durability) => {
    const folder = await temporaryFolder();
    const dataDir = join(folder, "data");
    const environment = { DURABILITY: durability, PROGRAMS_DIR: await fundedPrograms(join(folder, "programs")) };
    const calls = decisionsWithOutcomes();
    const lives = new ShortLives({ dataDir, calls, connections: CONNECTIONS, environment });
    for (const killAfter of KILL_AFTER) {
      expect(await lives.live(killAfter)).toBeGreaterThanOrEqual(killAfter);
      for (const call of calls) await tearTail(dataDir, call);
    }
    await lives.recover();
    while ((await settlementsDue(dataDir)) > 0) await lives.recover();

    for (const call of calls) {
      const found = await auditLog(dataDir, call, lives.promised);
      expect(found).toMatchObject({ lost: 0, doubled: 0, corrupt: 0, tornTails: KILL_AFTER.length });
      expect(found.promised).toBeGreaterThan(0);
      expect(found.records - found.promised).toBeLessThanOrEqual(KILL_AFTER.length * CONNECTIONS);
    }
    const money = await auditMoney(dataDir);
    expect([money.settled + money.overrun, money.pending, money.leased]).toEqual([money.owed, money.open, 0]);
    expect(Math.min(money.redeemed, money.voided, money.settled, money.overrun, money.pending)).toBeGreaterThan(0);
  },
  120_000,
);
