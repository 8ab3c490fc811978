/**
 * What budget, pacing and caps cost a decision: the service with and without them, in turns, on one Redis.
 *
 *     npm run bench:money [-- --rounds N --seconds S]
 *
 * The budget is 15 % of what would be spent without one, so that pacing has something to do; the cap is one that
 * is read and committed on every offer and never binds.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BudgetAnswer } from "../src/contract/budget.ts";
import { findCores, pinSelf } from "./cores.ts";
import { Deployment, PROGRAM_ID, USERS } from "./deployment.ts";
import { Generator } from "./generator.ts";
import { ratioFigures, serverFigures } from "./report.ts";
import { runRounds } from "./rounds.ts";
import type { Spread } from "./statistics.ts";

const PROGRAMS = fileURLToPath(new URL("../programs", import.meta.url));
const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 12;
/** 15 % of 7,000 offers a second of some 0.14, half of the time, for a day. */
const MONEY = `
budget: { amount: 6000000, period: { every: day, timezone: UTC }, reserve: expected, epoch: 5s }
caps: [{ scope: user, channel: email, max: 100, per: 30d }]
`;

/** The ratio is of the service to something else: to itself without money. */
const RENAMED: Readonly<Record<string, string>> = { service: "without", "with money": "service" };

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "8" }, seconds: { type: "string", default: "4" } },
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
  const deployment = await Deployment.open({ cores, progress });
  const generator = new Generator();
  try {
    const without = await deployment.startService();
    const service = await deployment.startDecider("with money", funded);
    const { measurements } = await runRounds({
      servers: [without, service],
      generator,
      job: { programId: PROGRAM_ID, connections: CONNECTIONS, users: USERS },
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      warmUpSeconds: WARM_UP_SECONDS,
      disturbed: "repeat",
      progress,
    });
    const ratio = ratioFigures(
      new Map([...measurements].map(([name, rounds]) => [RENAMED[name] ?? name, rounds])),
      "without",
    );
    const budget = BudgetAnswer.parse(await (await fetch(`${service.url}/v1/budgets/${PROGRAM_ID}`)).json());
    const servers = Object.fromEntries([...measurements].map(([name, rounds]) => [name, serverFigures(rounds)]));
    console.log(`with / without: ${text(ratio.requestsPerSecond)} of the requests a second`);
    if (ratio.cpu !== null) console.log(`by processor time a request: ${text(ratio.cpu)}`);
    console.log(`spent: ${(budget.settled + budget.pending).toFixed(2)}, lambda ${budget.prices.lambda.toFixed(4)}`);
    await mkdir(RESULTS, { recursive: true });
    const result = join(RESULTS, `money-${new Date().toISOString().replaceAll(":", "-")}.json`);
    await writeFile(result, `${JSON.stringify({ ratio, servers, budget }, null, 2)}\n`);
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
