/**
 * A Parquet file of candidates allocated from disk: time by stage, and the most memory the process ever had.
 *
 *   npm run -s bench:allocation-file -- 10000000        users, each with 8 candidates; 10 million unless given
 *
 * The file is made first, by a process of its own.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { StoredCandidates } from "../src/adapters/duckdb/stored-candidates.ts";
import { allocate } from "../src/core/allocation/allocate.ts";

const ACTIONS = 8;
const users = Number(process.argv[2] ?? 10_000_000);
const target = process.argv[3];

if (target === undefined) await measure();
else await generate(target);

/** Users' rows are 1/8 of the file apart. */
async function generate(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "600MB", threads: "2" });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT 'user-' || u AS userId, 'action_' || a AS action,
      round((hash(u, 1) % 2000 / 1000.0) * sqrt(1 + a) * (hash(u, a, 2) % 1000 / 1000.0) * 3, 6) AS value,
      round((0.2 + 0.5 * a) * (0.5 + hash(u, a, 3) % 1000 / 1000.0), 6) AS cost
    FROM range(${ACTIONS}) actions(a), range(${users}) users(u)) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-bench-"));
  try {
    const path = join(folder, "candidates.parquet");
    const made = spawnSync(process.execPath, [fileURLToPath(import.meta.url), String(users), path], {
      stdio: "inherit",
    });
    if (made.status !== 0) throw new Error("the file could not be made");
    console.log(`${users} users, ${users * ACTIONS} candidates, ${((await stat(path)).size / 1e6).toFixed(0)} MB`);
    let last = performance.now();
    const lap = (stage: string): void => {
      const now = performance.now();
      const peakMB = process.resourceUsage().maxRSS / 1024;
      console.log(`${stage.padEnd(24)} ${((now - last) / 1000).toFixed(1)} s, peak RSS ${peakMB.toFixed(0)} MiB`);
      last = now;
    };
    using stored = await StoredCandidates.read(path, () => undefined);
    lap("read and sorted");
    const budgetMicros = 0.4e6 * users;
    const one = allocate(stored.candidates, { budgetMicros, costWeight: 0, caps: [] });
    lap(`budget, gap ${one.gap.toExponential(1)}`);
    const caps = [
      ...Array.from({ length: ACTIONS }, (_, action) => ({ actions: [action], offers: Math.round(users * 0.03) })),
      { actions: [0, 1, 2], offers: Math.round(users * 0.06) },
      { actions: [3, 4], offers: Math.round(users * 0.04) },
      { actions: [5, 6, 7], offers: Math.round(users * 0.07) },
    ];
    const many = allocate(stored.candidates, { budgetMicros, costWeight: 0, caps });
    lap(`12 limits, gap ${many.gap.toExponential(1)}`);
    await stored.write(join(folder, "assignments.parquet"), many.assignment);
    lap("assignments written");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
