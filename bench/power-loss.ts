/**
 * Power losses on a simulated disk that forgets what was not synced: random histories of the decision log, with
 * failing writes and syncs on the way (test/support/losing-disk.ts). With `power` no acknowledged record may be gone;
 * with `process`, which promises less, some are: the same histories can fail.
 *
 *     node bench/power-loss.ts [--histories 100000] [--seed 1]
 */
import { parseArgs } from "node:util";
import type { Durability } from "../src/adapters/file/segment.ts";
import { powerHistory } from "../test/support/power-histories.ts";

const SAY_EVERY = 10_000;

const { values } = parseArgs({
  options: { histories: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
});
const histories = Number(values.histories);
const firstSeed = Number(values.seed) * 1_000_000_000;

const power = await play("power");
const onWritten = await play("process");
console.log(JSON.stringify({ histories, power, process: onWritten }, null, 2));
if (power.lost + power.doubled + power.foreign > 0 || onWritten.lost === 0) process.exitCode = 1;

async function play(durability: Durability) {
  const sum = { acknowledged: 0, refused: 0, lost: 0, doubled: 0, foreign: 0 };
  for (let i = 0; i < histories; i++) {
    const history = await powerHistory(durability, firstSeed + i);
    sum.acknowledged += history.acknowledged;
    sum.refused += history.refused;
    sum.lost += history.lost;
    sum.doubled += history.doubled;
    sum.foreign += history.foreign;
    if (i % SAY_EVERY === 0) console.error(`${durability}: ${i} of ${histories} histories, ${sum.lost} records lost`);
  }
  return sum;
}
