/**
 * Outcomes count once: a million of them for 200,000 decisions, a fifth repeated, in calls of 1 to 1,000 from several
 * connections. They come in no order; half of them before their decision is known (its segment is out of sight), a
 * quarter after the offer expired; and the service is killed half way. Then the log, the metrics and the ledger are
 * compared with what is true, also after the index was made from the logs again.
 *
 *     node bench/outcomes.ts [--decisions 200000] [--connections 8] [--seed 1]
 *
 * Exit code 1 when one is lost or counted twice, or a micro is owed that is not, or when none was unknown or repeated.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runOutcomes } from "../test/support/outcome-run.ts";
import { tinyModels } from "../test/support/tiny-program.ts";

const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    decisions: { type: "string", default: "200000" },
    connections: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
  },
});
const startedMs = performance.now();
const folder = await mkdtemp(join(tmpdir(), "liftgate-outcomes-"));
const models = await tinyModels();
try {
  const report = await runOutcomes({
    folder,
    modelsDir: models.path,
    decisions: Number(values.decisions),
    connections: Number(values.connections),
    seed: Number(values.seed),
    progress: (line) =>
      console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${line}`),
  });
  for (const { what, expected, found } of report.checks) {
    console.log(
      `${found === expected ? "ok    " : "BROKEN"} ${what}: ${found}${found === expected ? "" : `, expected ${expected}`}`,
    );
  }
  const { told, duplicates, unknown, perSecond, cpuMicrosEach, ownBytes } = report;
  console.log(`${told} told, ${duplicates} of them repeated, ${unknown} before their decision was known`);
  console.log(`${perSecond.toFixed(0)} a second, ${cpuMicrosEach.toFixed(1)} µs of processor time each`);
  console.log(`memory ${(ownBytes.start / MIB).toFixed(0)} MiB, then ${(ownBytes.end / MIB).toFixed(0)} MiB`);
  const isBroken = report.checks.some(({ expected, found }) => found !== expected);
  if (isBroken || duplicates === 0 || unknown === 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
  await models.remove();
}
