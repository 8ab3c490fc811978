/**
 * Every decision again, bit for bit: a log of everything at once (`test/support/mixed-log.ts`), made by the real service
 * under load, then decided again from its records by the command line, and scored again by its models.
 *
 *     node bench/mixed-log.ts [--records 100000] [--versions 6] [--connections 8] [--seed 1]
 *
 * Exit code 1 when a record differs, or when something that the log is to hold is not in it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { run } from "../test/support/command-line.ts";
import { varietyOf } from "../test/support/log-variety.ts";
import { makeMixedLog } from "../test/support/mixed-log.ts";
import { mixedModels } from "../test/support/mixed-programs.ts";
import { startRedisServer } from "../test/support/redis-server.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "100000" },
    versions: { type: "string", default: "6" },
    connections: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
  },
});
const startedMs = performance.now();
const folder = await mkdtemp(join(tmpdir(), "liftgate-mixed-"));
const models = await mixedModels();
const redis = await startRedisServer(["--appendonly", "yes"]);
try {
  const { dataDir } = await makeMixedLog({
    folder,
    modelsDir: models.path,
    redis,
    records: Number(values.records),
    versions: Number(values.versions),
    connections: Number(values.connections),
    seed: Number(values.seed),
    progress,
  });
  const { records, counts, missing } = await varietyOf(dataDir);
  for (const [kind, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(count).padStart(8)}  ${kind}`);
  for (const kind of missing) console.log(`  BROKEN  no ${kind}`);
  if (missing.length > 0) process.exitCode = 1;
  for (const command of [["replay"], ["replay", "--rescore"]]) {
    progress(command.join(" "));
    const sinceMs = performance.now();
    const { code, stdout, stderr } = await run(command, { DATA_DIR: dataDir, MODELS_DIR: models.path });
    const rate = (records * 1_000) / (performance.now() - sinceMs);
    console.log(`${command.join(" ")}: ${stdout.trim()}${stderr.trim()} (${rate.toFixed(0)} a second, start included)`);
    if (code !== 0) process.exitCode = 1;
  }
} finally {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
  await models.remove();
}

function progress(line: string): void {
  console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${line}`);
}
