/**
 * What budget, pacing and caps cost a decision: the service with and without them, in turns, on one Redis.
 *
 *     npm run bench:money [-- --launches N --rounds N --seconds S]
 *
 * The budget is 15 % of what would be spent without one, so that pacing has something to do; the cap is one that
 * is read and counted on every decision and never binds. Two processes of the same code differ by up to a tenth for as
 * long as they live, so both are launched anew several times, with a Redis of their own, and each launch is one ratio.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BudgetAnswer } from "../src/contract/budget.ts";
import { type Cores, findCores, pinSelf } from "./cores.ts";
import { Deployment, PROGRAM_ID, USERS } from "./deployment.ts";
import { Generator } from "./generator.ts";
import { ratioFigures, type ServerFigures, serverFigures } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { type Spread, spread } from "./statistics.ts";

const PROGRAMS = fileURLToPath(new URL("../programs", import.meta.url));
const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 8;
/** 15 % of 7,000 offers a second of some 0.14, half of the time, for a day. */
const MONEY = `
budget: { amount: 6000000, period: { every: day, timezone: UTC }, reserve: expected, epoch: 5s }
caps: [{ scope: user, channel: email, max: 100, per: 30d }]
`;

const { values: options } = parseArgs({
  options: {
    launches: { type: "string", default: "5" },
    rounds: { type: "string", default: "4" },
    seconds: { type: "string", default: "2" },
  },
});
const startedMs = performance.now();
const funded = await mkdtemp(join(tmpdir(), "liftgate-money-"));
try {
  await cp(PROGRAMS, funded, { recursive: true });
  const path = join(funded, `${PROGRAM_ID}.yaml`);
  await writeFile(path, (await readFile(path, "utf8")) + MONEY);
  await bench();
} finally {
  await rm(funded, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const cores = findCores();
  if (cores !== null) pinSelf(cores.rest);
  const launches: Launch[] = [];
  for (let n = 1; n <= Number(options.launches); n++) {
    progress(`launch ${n} of ${options.launches}`);
    launches.push(await launch(cores));
  }
  const ratio = spread(launches.map(({ perSecond }) => perSecond));
  console.log(`with / without: ${text(ratio)} of the requests a second`);
  const cpu = launches.flatMap((one) => one.cpu ?? []);
  if (cpu.length === launches.length) console.log(`by processor time a request: ${text(spread(cpu))}`);
  await mkdir(RESULTS, { recursive: true });
  const result = join(RESULTS, `money-${new Date().toISOString().replaceAll(":", "-")}.json`);
  await writeFile(result, `${JSON.stringify({ ratio, launches }, null, 2)}\n`);
}

/** The medians of one launch. */
interface Launch {
  /** Requests a second with money, over those without. */
  readonly perSecond: number;
  /** The same by processor time; null where the system does not tell. */
  readonly cpu: number | null;
  readonly servers: Readonly<Record<string, ServerFigures>>;
  readonly budget: BudgetAnswer;
}

async function launch(cores: Cores | null): Promise<Launch> {
  const deployment = await Deployment.open({ cores, progress });
  const generator = new Generator();
  try {
    const without = await deployment.startService();
    const withMoney = await deployment.startDecider("with money", { programsDir: funded });
    const { measurements } = await runRounds({
      servers: [without, withMoney],
      generator,
      job: { programId: PROGRAM_ID, connections: CONNECTIONS, users: USERS },
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      warmUpSeconds: WARM_UP_SECONDS,
      disturbed: "repeat",
      progress,
    });
    // The ratio is of the service to something else: to itself without money.
    const { requestsPerSecond, cpu } = ratioFigures(
      new Map([
        ["without", measurements.get("service") ?? []],
        ["service", measurements.get("with money") ?? []],
      ]),
      "without",
    );
    return {
      perSecond: requestsPerSecond.median,
      cpu: cpu?.median ?? null,
      servers: Object.fromEntries([...measurements].map(([name, rounds]) => [name, serverFigures(rounds)])),
      budget: BudgetAnswer.parse(await (await fetch(`${withMoney.url}/v1/budgets/${PROGRAM_ID}`)).json()),
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
