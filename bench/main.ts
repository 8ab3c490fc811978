/** The benchmark: `npm run bench`. Exit code 1 when a server fails or answers wrongly; never for being slow. */
import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type Cores, findCores, pinned, pinSelf } from "./cores.ts";
import { DecideCost } from "./decide-cost-result.ts";
import { Deployment, PROGRAM_ID, USERS } from "./deployment.ts";
import { Generator } from "./generator.ts";
import { type PeerEnvironment, peerEnvironment } from "./peer.ts";
import { ratioFigures, type Report, serverFigures, textOf } from "./report.ts";
import { type Rounds, runRounds } from "./rounds.ts";

const USAGE = `npm run bench [-- options]

  --rounds N     rounds of load, each on every server (7)
  --seconds S    load per server and round (5)
  --smoke        about 20 seconds in all, to see that everything runs; its figures mean little
  --no-peer      without the Python server (with --smoke: it runs only if its environment is there)`;

const CONNECTIONS = 64;
/** The warm-up fills what the service remembers (50,000 answers), so that rounds see it as it is after hours. */
const FULL = { rounds: 7, seconds: 5, warmUpSeconds: 12, decideRounds: 15 } as const;
const SMOKE = { rounds: 2, seconds: 1, warmUpSeconds: 1, decideRounds: 3 } as const;
const DECIDE_COST = fileURLToPath(new URL("decide-cost.ts", import.meta.url));
const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../package.json", import.meta.url));
const Package = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string" },
    seconds: { type: "string" },
    smoke: { type: "boolean", default: false },
    "no-peer": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const startedMs = performance.now();
if (options.help) console.log(USAGE);
else {
  try {
    await bench();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function bench(): Promise<void> {
  const defaults = options.smoke ? SMOKE : FULL;
  const size = {
    ...defaults,
    rounds: positive("rounds", options.rounds) ?? defaults.rounds,
    seconds: positive("seconds", options.seconds) ?? defaults.seconds,
  };
  const cores = findCores();
  if (cores !== null) pinSelf(cores.rest);
  const peer = findPeer();
  if (!peer.ok) progress(`without the peer: ${peer.why}`);

  const loadBefore = loadavg()[0] ?? NaN;
  const { measurements, repeated, dropped } = await measureServers(cores, peer, size);
  progress("measuring decide() alone");
  const report: Report = {
    date: new Date().toISOString(),
    machine: {
      processor: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
    },
    versions: { ...(await versions()), ...(peer.ok ? prefixed("peer ", peer.versions) : {}) },
    setup: {
      ...size,
      connections: CONNECTIONS,
      users: USERS,
      pinned: pinning(cores),
      repeatedLoads: repeated,
      droppedRounds: dropped,
      loadBefore: Number(loadBefore.toFixed(2)),
    },
    servers: Object.fromEntries([...measurements].map(([name, rounds]) => [name, serverFigures(rounds)])),
    ratios: [...measurements.keys()]
      .filter((name) => name !== "service")
      .map((name) => ratioFigures(measurements, name)),
    decide: measureDecide(cores, size.decideRounds),
    skipped: peer.ok ? [] : [`the peer: ${peer.why}`],
  };
  console.log(textOf(report));
  console.log(`\nwritten to ${relative(process.cwd(), await save(report))}`);
  if (dropped > 0) throw new Error(`${dropped} of ${size.rounds} rounds do not count: not every answer was normal`);
}

function findPeer(): PeerEnvironment {
  if (options["no-peer"]) return { ok: false, why: "--no-peer was given" };
  return peerEnvironment(options.smoke ? "if-installed" : "install", progress);
}

interface Size {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

async function measureServers(cores: Cores | null, peer: PeerEnvironment, size: Size): Promise<Rounds> {
  const deployment = await Deployment.open({ cores, progress });
  const generator = new Generator();
  try {
    const service = await deployment.startService();
    const servers = [await deployment.startFloor(service), service];
    if (peer.ok) servers.push(await deployment.startPeer(peer.python));
    const job = { programId: PROGRAM_ID, connections: CONNECTIONS, users: USERS };
    return await runRounds({
      servers,
      generator,
      job,
      ...size,
      disturbed: options.smoke ? "count" : "repeat",
      progress,
    });
  } finally {
    generator.stop();
    await deployment.close();
  }
}

function measureDecide(cores: Cores | null, rounds: number): DecideCost {
  const flags = ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"];
  const [command = "", ...args] = pinned(cores?.server, [process.execPath, ...flags, DECIDE_COST, String(rounds)]);
  const text = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return DecideCost.parse(JSON.parse(text));
}

function pinning(cores: Cores | null): string {
  if (cores === null) return "nothing (no taskset, or one core)";
  return `the server under test to core ${cores.server}; redis-server and the load generator to core ${cores.rest}`;
}

async function versions(): Promise<Readonly<Record<string, string>>> {
  const { version, dependencies } = Package.parse(JSON.parse(await readFile(PACKAGE, "utf8")));
  const redis = /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }))?.[1] ?? "unknown";
  const parts = ["fastify", "ioredis", "onnxruntime-node", "zod"].map((name) => [
    name,
    dependencies[name] ?? "unknown",
  ]);
  return { liftgate: version, node: process.versions.node, "redis-server": redis, ...Object.fromEntries(parts) };
}

function prefixed(prefix: string, entries: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [`${prefix}${name}`, value]));
}

async function save(report: Report): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, `${report.date.replaceAll(":", "-")}.json`);
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}

/** The number an option gives, if it is given. */
function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, got ${text}`);
  return value;
}

function progress(line: string): void {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.error(`[${seconds.padStart(6)} s] ${line}`);
}
