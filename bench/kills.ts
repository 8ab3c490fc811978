/**
 * kill -9 at random points under load: the real service, life after life on one DATA_DIR, 40 connections. Every
 * decision that was answered, and every outcome that was acknowledged, must be in its log afterwards, and none twice,
 * whatever was being written, cut, compressed or deleted when the process died. Each death leaves half a record besides,
 * which the next start cuts off. The embedded ledger must have settled what the redemptions in the log cost, once.
 *
 *     node bench/kills.ts [--kills 60] [--connections 40] [--durability process|power] [--seed 1]
 *
 * Exit code 1 when one is lost, doubled or corrupt, when the money differs, or when nothing was killed under load or
 * cut off.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../src/simulation/random.ts";
import { auditLog, ShortLives, tearTail } from "../test/support/promised-calls.ts";
import {
  auditMoney,
  decisionsWithOutcomes,
  fundedPrograms,
  settlementsDue,
} from "../test/support/promised-outcomes.ts";

const CALLS = decisionsWithOutcomes();
/** Some lives end at once, some after seconds and megabytes. */
const KILL_AFTER_MAX = 8_000;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "60" },
    connections: { type: "string", default: "40" },
    durability: { type: "string", default: "process" },
    seed: { type: "string", default: "1" },
  },
});
const kills = Number(values.kills);
const random = new Random(Number(values.seed), "kills");
const folder = await mkdtemp(join(tmpdir(), "liftgate-kills-"));
const dataDir = join(folder, "data");

try {
  const lives = new ShortLives({
    dataDir,
    calls: CALLS,
    connections: Number(values.connections),
    environment: { DURABILITY: values.durability, PROGRAMS_DIR: await fundedPrograms(join(folder, "programs")) },
  });
  let answered = 0;
  for (let kill = 1; kill <= kills; kill++) {
    // Squared: early ends are as likely as all later ones together.
    const killAfter = 1 + Math.floor(random.uniform() ** 2 * KILL_AFTER_MAX);
    const kept = await lives.live(killAfter);
    answered += kept;
    for (const call of CALLS) await tearTail(dataDir, call);
    console.error(`kill ${kill} of ${kills}: after ${kept} answers`);
  }
  await lives.recover();
  const leftToSettle = await settlementsDue(dataDir);
  while ((await settlementsDue(dataDir)) > 0) await lives.recover();
  for (const call of CALLS) {
    const found = await auditLog(dataDir, call, lives.promised);
    console.log(JSON.stringify({ log: call.log, kills, ...found }, null, 2));
    if (found.lost > 0 || found.doubled > 0 || found.corrupt > 0 || found.tornTails === 0 || answered < kills)
      process.exitCode = 1;
  }
  const money = await auditMoney(dataDir);
  console.log(JSON.stringify({ leftToSettle, ...money }, null, 2));
  if (money.settled + money.overrun !== money.owed || money.pending !== money.open || money.leased !== 0)
    process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
