/**
 * A backlog of decision records shipped to a redis-server of its own: how fast, at what cost to the thread that decides,
 * and how late that makes its event loop.
 *
 *   npm run -s bench:shipping -- 100000        records, 100,000 unless given
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { RECORD_EXAMPLE } from "../src/contract/record-example.ts";
import { idAt } from "../test/support/decision-log-files.ts";
import { startRedisServer } from "../test/support/redis-server.ts";
import { shipDecisions } from "../test/support/ship-decisions.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 5;
const records = Number(process.argv[2] ?? 100_000);

interface Round {
  readonly megabytesPerSecond: number;
  readonly cpuMicrosPerRecord: number;
  readonly loopP99Ms: number;
}

const folder = mkdtempSync(join(tmpdir(), "liftgate-bench-"));
try {
  const bytes = writeBacklog(join(folder, "decisions"));
  console.log(`${records} records, ${(bytes / 1e6).toFixed(0)} MB`);
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await ship(bytes));
  for (const name of ["megabytesPerSecond", "cpuMicrosPerRecord", "loopP99Ms"] as const) {
    const { median, min, max } = spread(rounds.map((round) => round[name]));
    console.log(`${name.padEnd(20)} ${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** @returns its size */
function writeBacklog(directory: string): number {
  mkdirSync(directory);
  const path = join(directory, "decisions-20261121T200000123Z-0badcafe.ndjson");
  let bytes = 0;
  for (let first = 0; first < records; first += 1_000) {
    const lines = Array.from({ length: Math.min(1_000, records - first) }, (_, i) =>
      JSON.stringify({ ...RECORD_EXAMPLE, decisionId: idAt(0, first + i) }),
    );
    const text = `${lines.join("\n")}\n`;
    appendFileSync(path, text);
    bytes += Buffer.byteLength(text);
  }
  return bytes;
}

/** Everything once, from the first look to the last confirmation. */
async function ship(bytes: number): Promise<Round> {
  await using redis = await startRedisServer();
  rmSync(join(folder, "shipping"), { recursive: true, force: true });
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const done = Promise.withResolvers<void>();
  let shipped = 0;
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  loop.enable();
  const shipping = await shipDecisions({
    dataDir: folder,
    url: redis.url,
    onShipped: (count) => {
      shipped += count;
      if (shipped >= records) done.resolve();
    },
  });
  await done.promise;
  loop.disable();
  const [ms, cpu] = [performance.now() - startedMs, process.cpuUsage(before)];
  await shipping.close();
  return {
    megabytesPerSecond: bytes / 1e3 / ms,
    cpuMicrosPerRecord: (cpu.user + cpu.system) / records,
    loopP99Ms: loop.percentile(99) / 1e6,
  };
}
