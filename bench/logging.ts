/**
 * What the decision log costs: the service that logs, `process` and `power`, and the same service without a log, in turns
 * on one Redis, with the requestIds that make retries safe.
 *
 *     node bench/logging.ts [--launches N --rounds N --seconds S]
 *
 * Two processes of the same code differ by up to a tenth for as long as they live, so all are launched anew several times,
 * with a Redis of their own, and each launch is one ratio.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Cores, findCores, pinSelf } from "./cores.ts";
import { Deployment, PROGRAM_ID, USERS } from "./deployment.ts";
import { Generator } from "./generator.ts";
import { ratioFigures, type ServerFigures, serverFigures } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { type Spread, spread } from "./statistics.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 8;
const LOGGED = ["process", "power"] as const;

const { values: options } = parseArgs({
  options: {
    launches: { type: "string", default: "5" },
    rounds: { type: "string", default: "4" },
    seconds: { type: "string", default: "2" },
  },
});
const startedMs = performance.now();
await bench();

async function bench(): Promise<void> {
  const cores = findCores();
  if (cores !== null) pinSelf(cores.rest);
  const load = loadavg()[0] ?? NaN;
  const launches: Launch[] = [];
  for (let n = 1; n <= Number(options.launches); n++) {
    progress(`launch ${n} of ${options.launches}`);
    launches.push(await launch(cores));
  }
  for (const durability of LOGGED) {
    const ratios = launches.map((one) => one[durability]);
    console.log(
      `${durability} / without a log: ${text(spread(ratios.map(({ perSecond }) => perSecond)))} of the requests a second`,
    );
    const cpu = ratios.flatMap((ratio) => ratio.cpu ?? []);
    if (cpu.length === ratios.length) console.log(`  by processor time a request: ${text(spread(cpu))}`);
  }
  await mkdir(RESULTS, { recursive: true });
  const result = join(RESULTS, `logging-${new Date().toISOString().replaceAll(":", "-")}.json`);
  await writeFile(result, `${JSON.stringify({ load, launches }, null, 2)}\n`);
}

/** The service that logs over the one that does not; medians of the rounds of one launch. */
interface Ratio {
  readonly perSecond: number;
  /** Null where the system does not tell. */
  readonly cpu: number | null;
}

interface Launch extends Readonly<Record<(typeof LOGGED)[number], Ratio>> {
  readonly servers: Readonly<Record<string, ServerFigures>>;
}

async function launch(cores: Cores | null): Promise<Launch> {
  const deployment = await Deployment.open({ cores, progress });
  const generator = new Generator();
  try {
    // It writes the features that all of them read.
    const process = await deployment.startService();
    const power = await deployment.startDecider("power", { durability: "power" });
    const without = await deployment.startUnlogged("without");
    const { measurements } = await runRounds({
      servers: [process, power, without],
      generator,
      job: { programId: PROGRAM_ID, connections: CONNECTIONS, users: USERS },
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      warmUpSeconds: WARM_UP_SECONDS,
      // A machine that others use disturbs a round now and then; what it did is counted as it is.
      disturbed: "count",
      progress,
    });
    const ratioOf = (name: string): Ratio => {
      const rounds = { service: measurements.get(name) ?? [], without: measurements.get("without") ?? [] };
      const { requestsPerSecond, cpu } = ratioFigures(new Map(Object.entries(rounds)), "without");
      return { perSecond: requestsPerSecond.median, cpu: cpu?.median ?? null };
    };
    return {
      process: ratioOf("service"),
      power: ratioOf("power"),
      servers: Object.fromEntries([...measurements].map(([name, rounds]) => [name, serverFigures(rounds)])),
    };
  } finally {
    generator.stop();
    await deployment.close();
  }
}

function text({ median, min, max }: Spread): string {
  return `${median.toFixed(3)} (${min.toFixed(3)}–${max.toFixed(3)})`;
}

function progress(line: string): void {
  console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${line}`);
}
