/**
 * What budget, pacing and caps cost a decision: the service with and without them, in turns, on one Redis.
 *
 *     npm run bench:money [-- --launches N --rounds N --seconds S --connections N]
 *
 * The budget is some 15 % of what would be spent without one at the speed that this machine has just shown, and its
 * price has settled before anything is measured. What was spent of that is told with the result, and how many decisions
 * made an offer: each of these costs more than one that offers nothing. The cap is one that is read and counted on every
 * decision and never binds.
 *
 * Two processes of the same code differ by up to a tenth, at times by a third, for as long as they live, so both are
 * launched anew several times, with a Redis of their own, and each launch is one ratio: some 130 s. A shared machine may
 * be half as fast a second later, so turns are short. Callers are so many that the service is what is measured, and not
 * how long it waits for Redis, which has a history to read and a place to take and to end for a decision besides: how
 * busy its core was is told.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BudgetAnswer } from "../src/contract/budget.ts";
import { NO_OFFER } from "../src/core/domain/program.ts";
import { type Cores, findCores, pinSelf } from "./cores.ts";
import { Deployment, PROGRAM_ID, USERS } from "./deployment.ts";
import { Generator } from "./generator.ts";
import { ratioFigures, type ServerFigures, serverFigures } from "./report.ts";
import { runRounds, warmUp, type WarmUpPlan } from "./rounds.ts";
import type { ServerProcess } from "./server-process.ts";
import { type Spread, spread } from "./statistics.ts";

const PROGRAMS = fileURLToPath(new URL("../programs", import.meta.url));
const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const WARM_UP_SECONDS = 8;
/** In turns, until the budget's price is that of this load: at first nobody knows how many decisions are to come. */
const PRICING_LOADS = 12;
const PRICING_SECONDS = 2;
const SHARE = 0.15;
/** In USD a decision, without a budget. */
const SPENT_WITHOUT = 0.14;
/** Of the time: how long a server is under load, in turns with the other and with pauses. */
const UNDER_LOAD = 0.42;
const DAY_SECONDS = 86_400;

const { values: options } = parseArgs({
  options: {
    launches: { type: "string", default: "5" },
    rounds: { type: "string", default: "24" },
    seconds: { type: "string", default: "0.5" },
    connections: { type: "string", default: "128" },
  },
});
const startedMs = performance.now();
const funded = await mkdtemp(join(tmpdir(), "liftgate-money-"));
try {
  await cp(PROGRAMS, funded, { recursive: true });
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
  console.log(
    `decisions with an offer: ${offers(launches, "with money")} with, ${offers(launches, "service")} without`,
  );
  console.log(
    `spent: ${percent(spread(launches.map((one) => one.spent)).median)} of what would be spent without a budget`,
  );
  const cpu = launches.flatMap((one) => one.cpu ?? []);
  if (cpu.length === launches.length) {
    console.log(`by processor time a request: ${text(spread(cpu))}`);
    console.log(`its core busy: ${busy(launches, "with money")} with, ${busy(launches, "service")} without`);
  }
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
  /** The share of the decisions of the rounds that made an offer, by server. */
  readonly offers: Readonly<Record<string, number>>;
  /** What was spent, of what would be spent without a budget. */
  readonly spent: number;
  readonly budget: BudgetAnswer;
}

async function launch(cores: Cores | null): Promise<Launch> {
  const deployment = await Deployment.open({ cores, progress });
  const generator = new Generator();
  try {
    const job = { programId: PROGRAM_ID, connections: Number(options.connections), users: USERS };
    const load = { generator, job, progress };
    const without = await deployment.startService();
    await fund(UNDER_LOAD * (await decisionsPerSecond(without, load)), Date.now());
    const withMoney = await deployment.startDecider("with money", { programsDir: funded });
    await decisionsPerSecond(withMoney, load);
    const servers = [without, withMoney];
    const plan = { servers, ...load, seconds: Number(options.seconds) };
    for (let n = 1; n <= PRICING_LOADS; n++) await warmUp(plan, { seconds: PRICING_SECONDS, label: `pricing-${n}` });
    const before = await Promise.all(servers.map(({ url }) => decided(url)));
    const budgetBefore = await budgetOf(withMoney);
    const { measurements } = await runRounds({
      ...plan,
      rounds: Number(options.rounds),
      warmUpSeconds: plan.seconds,
      disturbed: "repeat",
    });
    const after = await Promise.all(servers.map(({ url }) => decided(url)));
    const budget = await budgetOf(withMoney);
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
      offers: Object.fromEntries(servers.map(({ name }, i) => [name, offersBetween(before[i], after[i])])),
      spent: (spentOf(budget) - spentOf(budgetBefore)) / (SPENT_WITHOUT * decisionsBetween(before[1], after[1])),
      budget,
    };
  } finally {
    generator.stop();
    await deployment.close();
  }
}

/** Of a server that has just started, and is warm then. */
async function decisionsPerSecond(server: ServerProcess, load: Omit<WarmUpPlan, "servers">): Promise<number> {
  const before = await decided(server.url);
  await warmUp(
    { ...load, servers: [server] },
    { seconds: WARM_UP_SECONDS, label: `first-${server.name.replaceAll(" ", "-")}` },
  );
  const after = await decided(server.url);
  return (after.decisions - before.decisions) / WARM_UP_SECONDS;
}

/**
 * Gives the program a budget for the rest of the day (UTC), as pacing counts from when the service starts, and a cap.
 *
 * @param decisions a second
 */
async function fund(decisions: number, nowMs: number): Promise<void> {
  const secondsLeft = DAY_SECONDS - ((nowMs / 1_000) % DAY_SECONDS);
  const amount = Math.ceil(SHARE * SPENT_WITHOUT * decisions * secondsLeft);
  const file = `${PROGRAM_ID}.yaml`;
  const money = `
budget: { amount: ${amount}, period: { every: day, timezone: UTC }, reserve: expected, epoch: 5s }
caps: [{ scope: user, channel: email, max: 100, per: 30d }]
`;
  await writeFile(join(funded, file), (await readFile(join(PROGRAMS, file), "utf8")) + money);
}

interface Decided {
  readonly decisions: number;
  readonly offers: number;
}

async function decided(url: string): Promise<Decided> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = { decisions: 0, offers: 0 };
  for (const [, labels = "", count] of metrics.matchAll(/^liftgate_decisions_total\{(.*)\} (\d+)$/gm)) {
    counts.decisions += Number(count);
    if (!labels.includes(`action="${NO_OFFER}"`)) counts.offers += Number(count);
  }
  return counts;
}

function decisionsBetween(before: Decided | undefined, after: Decided | undefined): number {
  return (after?.decisions ?? NaN) - (before?.decisions ?? NaN);
}

function offersBetween(before: Decided | undefined, after: Decided | undefined): number {
  return ((after?.offers ?? NaN) - (before?.offers ?? NaN)) / decisionsBetween(before, after);
}

async function budgetOf({ url }: ServerProcess): Promise<BudgetAnswer> {
  return BudgetAnswer.parse(await (await fetch(`${url}/v1/budgets/${PROGRAM_ID}`)).json());
}

function spentOf({ settled, pending }: BudgetAnswer): number {
  return settled + pending;
}

function offers(launches: readonly Launch[], server: string): string {
  const { median } = spread(launches.map((one) => one.offers[server] ?? NaN));
  return percent(median);
}

/** Of the time under load, by the medians of each launch. */
function busy(launches: readonly Launch[], server: string): string {
  const shares = launches.map(({ servers }) => {
    const { requestsPerSecond, cpuMicrosPerRequest } = servers[server] ?? {};
    return ((requestsPerSecond?.median ?? NaN) * (cpuMicrosPerRequest?.median ?? NaN)) / 1e6;
  });
  return percent(spread(shares).median);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function text({ median, min, max }: Spread): string {
  return `${median.toFixed(3)} (${min.toFixed(3)}–${max.toFixed(3)})`;
}

function progress(line: string): void {
  console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${line}`);
}
