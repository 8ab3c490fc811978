/** Every kind of decision again, bit for bit. `bench/mixed-log.ts` is the long form. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../support/command-line.ts";
import { varietyOf } from "../support/log-variety.ts";
import { makeMixedLog } from "../support/mixed-log.ts";
import { mixedModels } from "../support/mixed-programs.ts";
import { startRedisServer } from "../support/redis-server.ts";

const RECORDS = 2_000;

it(
  "a log of every strategy, limit, mode and failure replays as it was, and scores as it did",
  { timeout: 240_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "liftgate-mixed-"));
    const models = await mixedModels();
    await using redis = await startRedisServer(["--appendonly", "yes"]);
    try {
      const options = { records: RECORDS, versions: 3, connections: 4, seed: 1, progress: () => undefined };
      const { dataDir } = await makeMixedLog({ ...options, folder, modelsDir: models.path, redis });
      const { records, missing } = await varietyOf(dataDir);
      expect(missing).toEqual([]);
      expect(records).toBeGreaterThanOrEqual(RECORDS);
      const replayed = await run(["replay", "--rescore"], { DATA_DIR: dataDir, MODELS_DIR: models.path });
      expect(replayed.stdout).toContain(`${records} identical, 0 different, 0 torn tails`);
      expect(replayed.code).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
      await models.remove();
    }
  },
);
